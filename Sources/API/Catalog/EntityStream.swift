internal import Actions
internal import Catalog
internal import HTTPServer
internal import Store

/// Sends all entities that match as one list, which is read a part at a time, so that no list is held as a whole. Each part
/// shows the catalog as it is when it is read: what stays is listed once; what comes or goes meanwhile may be missing.
struct EntityStream: Sendable {
    private let access: CatalogAccess
    private let fields: FieldProjection?
    /// Some 3 MB of documents of usual size.
    private static let partSize = 1_000

    init(_ access: CatalogAccess, _ fields: FieldProjection?) {
        self.access = access
        self.fields = fields
    }

    /// The first part is read before anything is sent, so that what is wrong with the query is still told.
    ///
    /// - Throws: as `CatalogAccess.query`. What fails later cuts the answer.
    func response(_ query: EntityQuery) async throws -> HTTPServerResponse {
        var query = query
        query.limit = Self.partSize
        query.countsTotal = false
        let first = try await access.query(query)
        guard let next = first.next else { return .array(try EntityDocuments.bytes(first.items, fields)) }
        var response = HTTPServerResponse.array([])
        response.body = .stream { writer in
            try await writer.write(try bytes(first, after: "["))
            try await follow(next, writer)
            try await writer.write([UInt8(ascii: "]")])
        }
        return response
    }

    private func follow(_ start: QueryCursor, _ writer: HTTPBodyWriter) async throws {
        var cursor: QueryCursor? = start
        while let place = cursor {
            var query = EntityQuery()
            query.cursor = place
            query.limit = Self.partSize
            query.countsTotal = false
            let part = try await access.query(query)
            if !part.items.isEmpty { try await writer.write(try bytes(part, after: ",")) }
            cursor = part.next
        }
    }

    private func bytes(_ part: EntityPage, after mark: Unicode.Scalar) throws -> [UInt8] {
        var bytes = EntityDocuments.joined(try EntityDocuments.bytes(part.items, fields))
        bytes[0] = UInt8(ascii: mark)
        bytes.removeLast()
        return bytes
    }
}
