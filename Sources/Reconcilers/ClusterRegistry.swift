package import Base
package import KubeClient

/// Keeps the directory of clusters in line with everything that names clusters. Every replica does that for itself, because
/// anybody may ask any replica for a cluster's objects.
package actor ClusterRegistry {
    /// A place where clusters are named, in the order of precedence: of two clusters with the same name that of the earlier
    /// place counts.
    package enum Place: String, Sendable, CaseIterable { case configuration, secrets, catalog }

    private let places: Set<Place>
    private let directory: ClusterDirectory
    private let logger: Logger
    private let connect: @Sendable (ClusterDefinition) -> KubernetesClient
    /// The last answer of each place.
    private var readings: [Place: ClusterReading] = [:]
    private var reported: Set<String> = []
    /// Warnings that are remembered as given, so that a place that changes all the time fills no memory.
    private static let maximumReported = 1_000

    /// - Parameters:
    ///   - places: those that will answer.
    ///   - connect: makes the client of a cluster.
    package init(
        of places: Set<Place>, directory: ClusterDirectory, logger: Logger,
        connect: @escaping @Sendable (ClusterDefinition) -> KubernetesClient
    ) {
        self.places = places
        self.directory = directory
        self.logger = logger
        self.connect = connect
    }

    /// Takes what a place names now.
    package func update(_ place: Place, _ reading: ClusterReading) {
        readings[place] = reading
        for problem in reading.problems { warn("a configured cluster cannot be used: \(problem)") }
        directory.replace(with: entries())
    }

    /// The names of all clusters that are configured, usable or not; nil while a place has not answered yet, or has an entry
    /// that is so broken that nobody knows which cluster it means.
    package var configuredNames: Set<String>? {
        var names: Set<String> = []
        for place in places {
            guard let reading = readings[place], !reading.problems.contains(where: \.cluster.isEmpty) else {
                return nil
            }
            names.formUnion(reading.definitions.map(\.name))
            names.formUnion(reading.problems.map(\.cluster))
        }
        return names
    }

    /// A cluster that is reached as before keeps its client, with its connections and all that follows it. One whose
    /// configuration broke keeps its last good way.
    private func entries() -> [ClusterDirectory.Entry] {
        var entries: [String: ClusterDirectory.Entry] = [:]
        for place in Place.allCases {
            guard let reading = readings[place] else { continue }
            for definition in reading.definitions {
                if entries[definition.name] == nil {
                    entries[definition.name] = entry(definition)
                } else {
                    warn(
                        "the cluster \(definition.name) is named twice; what the \(place.rawValue) says of it is not used"
                    )
                }
            }
            for problem in reading.problems where entries[problem.cluster] == nil {
                entries[problem.cluster] = directory.entry(named: problem.cluster)
            }
        }
        return Array(entries.values)
    }

    private func entry(_ definition: ClusterDefinition) -> ClusterDirectory.Entry {
        let known = directory.entry(named: definition.name)
        if let known, known.definition.access == definition.access {
            return ClusterDirectory.Entry(definition: definition, client: known.client)
        }
        logger.info(
            "a cluster is configured",
            ["cluster": .string(definition.name), "server": .string(definition.access.server)])
        return ClusterDirectory.Entry(definition: definition, client: connect(definition))
    }

    private func warn(_ message: String) {
        guard reported.count < Self.maximumReported, reported.insert(message).inserted else { return }
        logger.warning(message)
    }
}
