internal import Actions
internal import Base
internal import HTTPServer

/// The fields of a form that a browser has sent.
struct FormFields: Sendable {
    let fields: [(name: String, value: String)]

    /// More than any form here holds; a pasted token is the longest.
    static let maximumBytes = 64 << 10

    /// - Throws: `ActionError` of kind `input` when the body is no form, or too long.
    init(_ request: HTTPServerRequest) throws(ActionError) {
        let type = request.headers["Content-Type"]?.prefix { $0 != ";" } ?? ""
        guard equalIgnoringASCIICase(String(type), "application/x-www-form-urlencoded") else {
            throw ActionError(.input, "expected a form (application/x-www-form-urlencoded)")
        }
        guard request.body.count <= Self.maximumBytes,
            let text = String(validating: request.body, as: UTF8.self), let target = RequestTarget("/?" + text)
        else { throw ActionError(.input, "expected a form of at most \(Self.maximumBytes) bytes") }
        fields = target.query
    }

    /// The value of a field; nil when it was not sent, or more than once.
    subscript(name: String) -> String? {
        let values = fields.filter { $0.name == name }
        return values.count == 1 ? values[0].value : nil
    }
}
