import Base
import Catalog

extension FuzzTarget {
    /// A canonical file: entities that hold and are the same when they are exported and read again, or problems with a place.
    static let canonical = FuzzTarget(name: "canonical") { input in
        let settings = CanonicalSettings(name: "main")
        let reading = CanonicalReading(input, settings: settings)
        require(reading.problems.isEmpty || reading.entities.isEmpty, "a bad file that gives something")
        for problem in reading.problems + reading.warnings {
            guard let position = problem.location.position else { fail("\(problem)") }
            require(position.line > 0 && position.column > 0 && !problem.message.isEmpty, "\(problem)")
        }
        let exported = reading.entities.map { JSONValue.object($0.entity.definition).yaml }.joined(separator: "---\n")
        let again = CatalogFile.documents(Array(exported.utf8), name: "export").map(\.entity)
        require(again == reading.entities.map(\.entity), "what is exported reads as something else")
        let refs = reading.entities.map(\.entity.ref.canonical)
        require(refs == Set(refs).sorted(), "entities that are not sorted, or twice the same")
        let plan = CanonicalPlan(reading, settings: settings, catalog: [])
        require(plan.adds.count == reading.entities.count && plan.removals.isEmpty)
    }
}
