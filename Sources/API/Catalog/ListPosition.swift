internal import Actions
internal import Base
internal import HTTPServer

/// A place in the old list: base64 of `{limit, offset}`, as Backstage's `after` parameter.
struct ListPosition {
    let limit: Int
    let offset: Int

    init(limit: Int, offset: Int) {
        self.limit = limit
        self.offset = offset
    }

    init(decoding text: String) throws(ActionError) {
        guard let bytes = Base64.decode(text, strict: false), let json = try? JSONValue(parsing: bytes),
            let limit = json["limit"]?.intValue, let offset = json["offset"]?.intValue, limit > 0, offset >= 0,
            limit <= 1_000_000, offset <= 1_000_000_000
        else { throw ActionError(.input, "Malformed cursor, could not be parsed") }
        self.init(limit: Int(limit), offset: Int(offset))
    }

    /// The request's own path and query with this place instead of its own.
    func link(from request: HTTPServerRequest) -> String {
        let json: JSONValue = ["limit": .int(Int64(limit)), "offset": .int(Int64(offset))]
        let kept = request.target.split(separator: "?", maxSplits: 1).dropFirst().first.map(String.init) ?? ""
        let others = kept.split(separator: "&").filter { !$0.hasPrefix("after=") && !$0.hasPrefix("offset=") }
        let after = "after=" + Base64.encode(json.serialized()).percentEncodedBase64
        return request.path + "?" + (others.map(String.init) + [after]).joined(separator: "&")
    }
}

extension String {
    /// The three characters of base64 that mean something else in a query.
    fileprivate var percentEncodedBase64: String {
        reduce(into: "") { text, character in
            switch character {
            case "+": text += "%2B"
            case "/": text += "%2F"
            case "=": text += "%3D"
            default: text.append(character)
            }
        }
    }
}
