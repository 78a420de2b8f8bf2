import Base
import Reconcilers
import Store

extension CostRollUp.Settings {
    /// - Parameter sources: those that tell something here.
    /// - Throws: `ConfigurationError` for the first value that cannot be used.
    init(_ root: ConfigurationNode, sources: Set<CostSource>) throws(ConfigurationError) {
        self.init()
        guard let section = root["callboard.costs"] else { return }
        if let node = section["rollUpInterval"] { interval = .seconds(try node.integer(in: 10...86_400)) }
        if let node = section["primary"] { primary = try Self.source(try node.string(), node, "", sources) }
        if let node = section["primaryByCluster"] { primaryByCluster = try Self.sources(node, sources) }
        if let node = section["retention.hourlyDays"] { retention.hourly = try node.integer(in: 2...3_650) }
        if let node = section["retention.dailyDays"] {
            retention.daily = try node.integer(in: 2...36_500)
            guard retention.daily >= retention.hourly else {
                throw node.refused(
                    "expected at least retention.hourlyDays (\(retention.hourly)), found \(retention.daily)")
            }
        }
    }

    /// A cluster's name may have dots.
    private static func sources(
        _ node: ConfigurationNode, _ known: Set<CostSource>
    ) throws(ConfigurationError) -> [String: CostSource] {
        guard case .object(let members) = node.value else { throw node.expected("an object: source by cluster") }
        var sources: [String: CostSource] = [:]
        for (cluster, value) in members {
            guard let name = value.stringValue else { throw node.refused("\(cluster): expected the name of a source") }
            sources[cluster] = try source(name, node, "\(cluster): ", known)
        }
        return sources
    }

    private static func source(
        _ name: String, _ node: ConfigurationNode, _ prefix: String, _ known: Set<CostSource>
    ) throws(ConfigurationError) -> CostSource {
        if let source = CostSource(name: name), known.contains(source) { return source }
        let names = CostSource.allCases.filter(known.contains).map(\.name).joined(separator: ", ")
        throw node.refused("\(prefix)expected a source that is configured (\(names)), found \"\(name)\"")
    }
}
