import Base
import Catalog

extension FuzzTarget {
    /// A catalog file: entities that hold, or problems with a place in the file.
    static let catalog = FuzzTarget(name: "catalog") { input in
        for document in CatalogFile.documents(input, name: "catalog.yaml") {
            for problem in document.problems {
                require(!problem.message.isEmpty, "a problem without a reason")
                guard let position = problem.location.position else { fail("\(problem)") }
                require(position.line > 0 && position.column > 0, "\(problem)")
            }
            guard let entity = document.entity else {
                require(!document.problems.isEmpty, "neither an entity nor a problem")
                continue
            }
            let again = try? EntityValidator.entity(from: .object(entity.definition))
            require(again == entity, "an entity that is none when it is read again")
            _ = SearchTokens.tokens(of: SearchTokens.rows(of: entity.definition))
        }
    }

    /// An entity ref: what is printed reads the same.
    static let entityRef = FuzzTarget(name: "entity-ref") { input in
        let text = String(decoding: input, as: UTF8.self)
        guard let ref = try? EntityRef(parsing: text, defaultKind: "component") else { return }
        require((try? EntityRef(parsing: ref.canonical)) == ref, "\(ref) reads as another")
    }

    /// A cursor of a listing: what is printed reads the same.
    static let cursor = FuzzTarget(name: "cursor") { input in
        // The JSON itself: libFuzzer does not find its way through Base64.
        guard let cursor = try? QueryCursor(decoding: Base64.encode(input)) else { return }
        require((try? QueryCursor(decoding: cursor.encoded)) == cursor, "\(cursor) reads as another")
    }
}
