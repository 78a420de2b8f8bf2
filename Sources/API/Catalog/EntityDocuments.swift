internal import Base
internal import Catalog
internal import HTTPServer
internal import Store

/// Documents of entities as an answer's bytes.
enum EntityDocuments {
    /// Documents as stored, or their fields asked for.
    static func bytes(_ entities: [StoredEntity], _ fields: FieldProjection?) throws -> [[UInt8]] {
        guard let fields else { return entities.map(\.document) }
        return try entities.map { try bytes($0, fields) }
    }

    /// A document as stored, or its fields asked for.
    static func bytes(_ entity: StoredEntity, _ fields: FieldProjection?) throws -> [UInt8] {
        guard let fields, let document = try JSONValue(parsing: entity.document).objectValue else {
            return entity.document
        }
        return JSONValue.object(fields.apply(to: document)).serialized()
    }

    /// A JSON list of documents.
    static func joined(_ items: [[UInt8]]) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(items.reduce(2) { $0 + $1.count + 1 })
        bytes.append(UInt8(ascii: "["))
        for (index, item) in items.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            bytes += item
        }
        bytes.append(UInt8(ascii: "]"))
        return bytes
    }
}

extension HTTPServerResponse {
    static func array(_ items: [[UInt8]]) -> HTTPServerResponse {
        .json(bytes: EntityDocuments.joined(items))
    }

    static func json(bytes: [UInt8]) -> HTTPServerResponse {
        HTTPServerResponse(
            status: 200, headers: ["Content-Type": "application/json; charset=utf-8"], body: .bytes(bytes))
    }

    /// An entity's document as stored, with its etag; 304 when the client has it already.
    static func document(_ entity: StoredEntity, to request: HTTPServerRequest) -> HTTPServerResponse {
        let etag = "\"\(entity.etag)\""
        // RFC 9110 §13.1.2 compares weakly: a proxy that compresses makes our tag a weak one.
        let known: [String] = request.headers.all("If-None-Match").flatMap { field in
            field.filter { $0 != " " }.split(separator: ",").map(String.init)
        }
        if known.contains(where: { ["*", etag, "W/" + etag].contains($0) }) {
            return HTTPServerResponse(status: 304, headers: ["ETag": etag], body: .bytes([]))
        }
        var response = json(bytes: entity.document)
        response.headers.set("ETag", etag)
        return response
    }
}
