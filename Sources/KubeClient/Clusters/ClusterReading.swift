/// The clusters that some place names, and what is wrong with the others: one bad entry takes nothing from its
/// neighbours.
package struct ClusterReading: Sendable, Equatable {
    package var definitions: [ClusterDefinition] = []
    package var problems: [ClusterProblem] = []

    package init(definitions: [ClusterDefinition] = [], problems: [ClusterProblem] = []) {
        self.definitions = definitions
        self.problems = problems
    }

    /// Adds a cluster, unless there is one with its name already.
    ///
    /// - Parameter path: where it stands.
    mutating func add(_ definition: ClusterDefinition, path: String) {
        if definitions.contains(where: { $0.name == definition.name }) {
            let detail = "expected another name: an earlier cluster has it"
            problems.append(ClusterProblem(cluster: definition.name, path: path, detail: detail))
        } else {
            definitions.append(definition)
        }
    }
}
