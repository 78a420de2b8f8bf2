internal import Base
internal import Catalog

// Who gives way. A source that yields never takes an entity from one that does not, and gives up what it has to one; the
// location that lost is read again at once, so that it says so and gets the entity back when the other goes.
extension CatalogApplication {
    /// The ids of the sources that yield.
    func yieldingSources() throws -> Set<Int> {
        Set(try session.run("SELECT id FROM catalog_source WHERE yields").map { Int($0.int(0) ?? 0) })
    }

    /// The contents in the order in which they are decided: what yields comes last.
    func inOrder(_ contents: [LocationContent]) -> [LocationContent] {
        contents.filter { !yields($0) } + contents.filter(yields)
    }

    func yields(_ content: LocationContent) -> Bool { yielding.contains(content.sourceID) }
}
