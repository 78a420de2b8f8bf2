internal import Base
internal import Catalog
internal import Store

/// A page of entities that is not longer than agents keep.
enum FittingPage {
    typealias Result = (page: EntityPage, items: [JSONValue], note: JSONValue?)

    /// Reads a page; when it is too long, a shorter one once more, so that its cursor goes on where it ends.
    static func read(
        _ query: EntityQuery, _ fields: FieldProjection?, _ read: (EntityQuery) async throws -> EntityPage
    ) async throws -> Result {
        let page = try await read(query)
        let items = try items(page, fields)
        let count = AnswerSize.count(of: items, within: AnswerSize.maximumBytes - surroundings)
        guard count < items.count else { return (page, items, nil) }
        var shorter = query
        shorter.limit = count
        let cut = try await read(shorter)
        return (
            cut, try self.items(cut, fields),
            .string(
                "Cut to what clients keep: \(count) of the \(items.count) entities that would stand here. Name the fields "
                    + "that you need, or go on with the cursor.")
        )
    }

    /// What stands around the items, cursors above all.
    private static let surroundings = 4_000

    private static func items(_ page: EntityPage, _ fields: FieldProjection?) throws -> [JSONValue] {
        try page.items.map { stored in
            let document = try JSONValue(parsing: stored.document)
            guard let fields, let object = document.objectValue else { return shortened(document) }
            return shortened(.object(fields.apply(to: object)))
        }
    }

    /// One entity alone may be too long.
    private static func shortened(_ item: JSONValue) -> JSONValue {
        let budget = AnswerSize.maximumBytes - surroundings
        guard item.serialized().count > budget else { return item }
        var cuts: [String] = []
        return TextCut.shortened(item, toBytes: budget, &cuts)
    }
}
