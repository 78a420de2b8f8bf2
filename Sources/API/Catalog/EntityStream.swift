internal import Actions
internal import Catalog
internal import HTTPServer
internal import Store

/// Sends all entities that match as one list, which is read a part at a time, so that no list is held as a whole. Each part
/// shows the catalog as it is when it is read: what stays is listed once; what comes or goes meanwhile may be missing.
///
/// By ref, each part begins where the one before ended. In another order the refs, and they alone, are read at first: a value
/// that changes meanwhile then moves no entity past the reader.
struct EntityStream: Sendable {
    private let access: CatalogAccess
    private let fields: FieldProjection?
    private let sendingTime: Duration
    /// Some 300 kB of documents of usual size; a document has 1 MiB at most.
    private static let partSize = 100
    /// What is written at once: as much as the server takes before it lets writers wait.
    private static let pieceBytes = 64 << 10
    /// A list of no more goes out as a whole.
    private static let wholeBytes = 1 << 20

    /// What is still to be sent.
    private enum Rest {
        case after(QueryCursor)
        case refs(ArraySlice<String>)
    }

    private struct Part {
        let items: [StoredEntity]
        /// Nil: this is the last part.
        let rest: Rest?
    }

    /// - Parameter sendingTime: for the reader to take one part.
    init(_ access: CatalogAccess, _ fields: FieldProjection?, sendingTime: Duration) {
        self.access = access
        self.fields = fields
        self.sendingTime = sendingTime
    }

    /// The first part is read before anything is sent, so that what is wrong with the query is still told.
    ///
    /// - Parameter isHead: no entity is read, since none is sent.
    /// - Throws: as `CatalogAccess.query`. What fails later cuts the answer.
    func response(_ query: EntityQuery, isHead: Bool) async throws -> HTTPServerResponse {
        let first = try await first(query, limit: isHead ? 0 : Self.partSize)
        let size = first.items.reduce(0) { $0 + $1.document.count }
        if first.rest == nil, size <= Self.wholeBytes, !isHead {
            return .array(try EntityDocuments.bytes(first.items, fields))
        }
        var response = HTTPServerResponse.array([])
        response.body = .stream { writer in
            try await writer.write([UInt8(ascii: "[")])
            try await send(first, isFirst: true, to: writer)
            var rest = first.rest
            var isFirst = first.items.isEmpty
            while let place = rest {
                let part = try await part(place)
                try await send(part, isFirst: isFirst, to: writer)
                isFirst = isFirst && part.items.isEmpty
                rest = part.rest
            }
            try await writer.write([UInt8(ascii: "]")])
        }
        return response
    }

    private func first(_ query: EntityQuery, limit: Int) async throws -> Part {
        var query = query
        query.countsTotal = false
        guard query.order.isEmpty else {
            query.limit = limit == 0 ? 0 : nil
            return try await part(.refs(access.orderedRefs(query)[...]))
        }
        query.limit = limit
        return Self.part(try await access.query(query))
    }

    private func part(_ rest: Rest) async throws -> Part {
        switch rest {
        case .after(let cursor):
            var query = EntityQuery()
            query.cursor = cursor
            query.limit = Self.partSize
            query.countsTotal = false
            return Self.part(try await access.query(query))
        case .refs(let refs):
            if refs.isEmpty { return Part(items: [], rest: nil) }
            let items = try await access.entities(refs: Array(refs.prefix(Self.partSize)), filter: nil)
            let left = refs.dropFirst(Self.partSize)
            return Part(items: items.compactMap(\.self), rest: left.isEmpty ? nil : .refs(left))
        }
    }

    private static func part(_ page: EntityPage) -> Part {
        Part(items: page.items, rest: page.next.map { .after($0) })
    }

    /// Documents go out as they are made, so that beside those read no copy of them all is held.
    private func send(_ part: Part, isFirst: Bool, to writer: HTTPBodyWriter) async throws {
        try await sending(within: sendingTime) {
            var piece: [UInt8] = []
            for (place, item) in part.items.enumerated() {
                if place > 0 || !isFirst { piece.append(UInt8(ascii: ",")) }
                piece += try EntityDocuments.bytes(item, fields)
                guard piece.count >= Self.pieceBytes else { continue }
                try await writer.write(piece)
                piece.removeAll(keepingCapacity: true)
            }
            try await writer.write(piece)
        }
    }
}
