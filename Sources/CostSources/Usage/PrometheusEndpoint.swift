internal import Base

/// A Prometheus, or what speaks its HTTP API (Thanos, Mimir, VictoriaMetrics), and of which cluster it is asked.
package struct PrometheusEndpoint: Sendable {
    /// Without a slash at the end; may have a path, such as Mimir's `/prometheus`.
    package let baseURL: String
    package let token: Secret?
    /// The label by which series of several clusters are told apart; its value is the cluster's name. Nil: all series are
    /// of one cluster.
    package let clusterLabel: String?
    /// Nil: the cluster that Callboard runs in, or every cluster when there is a label.
    package let cluster: String?
    /// For an answer.
    package let timeout: Duration
    /// Whether it has OpenCost's series of what nodes cost, and they count.
    package let hasNodePrices: Bool

    package init(
        baseURL: String, token: Secret? = nil, clusterLabel: String? = nil, cluster: String? = nil,
        timeout: Duration = .seconds(30), hasNodePrices: Bool = false
    ) {
        var url = baseURL[...]
        while url.hasSuffix("/") { url.removeLast() }
        self.baseURL = String(url)
        self.token = token
        self.clusterLabel = clusterLabel
        self.cluster = cluster
        self.timeout = timeout
        self.hasNodePrices = hasNodePrices
    }

    /// Whether it is asked about a cluster.
    /// - Parameter home: the cluster that Callboard runs in.
    package func serves(_ name: String, home: String) -> Bool {
        if let cluster { return cluster == name }
        return clusterLabel != nil || name == home
    }
}

/// A series selector's conditions, as PromQL writes them.
struct PrometheusSelector {
    private var conditions: [String]

    /// Containers: cAdvisor has series of pods and cgroups beside them, without these labels, and of the sandbox.
    static func containers(of cluster: String, at endpoint: PrometheusEndpoint) -> PrometheusSelector {
        var selector = PrometheusSelector(conditions: [#"container!="""#, #"container!="POD""#, #"pod!="""#])
        if let label = endpoint.clusterLabel { selector.conditions.append("\(label)=\(quoted(cluster))") }
        return selector
    }

    /// Everything of a cluster.
    static func everything(of cluster: String, at endpoint: PrometheusEndpoint) -> PrometheusSelector {
        PrometheusSelector(conditions: endpoint.clusterLabel.map { ["\($0)=\(quoted(cluster))"] } ?? [])
    }

    /// Names of namespaces have no character with a meaning in a regular expression.
    func namespaces(_ names: [String]) -> PrometheusSelector {
        adding("namespace=~\(Self.quoted(names.joined(separator: "|")))")
    }

    func namespace(_ name: String) -> PrometheusSelector { adding("namespace=\(Self.quoted(name))") }

    /// Names of pods have no character with a meaning in a regular expression but the point.
    func pods(_ names: [String]) -> PrometheusSelector {
        let escaped = names.map { $0.split(separator: ".", omittingEmptySubsequences: false).joined(separator: "\\.") }
        return adding("pod=~\(Self.quoted(escaped.joined(separator: "|")))")
    }

    /// With one more, as PromQL writes it.
    func adding(_ condition: String) -> PrometheusSelector {
        PrometheusSelector(conditions: conditions + [condition])
    }

    /// `name{…}`
    func of(_ metric: String) -> String { metric + "{" + conditions.joined(separator: ",") + "}" }

    private static func quoted(_ text: String) -> String {
        var quoted = "\""
        for character in text.unicodeScalars {
            switch character {
            case "\"", "\\": quoted += "\\" + String(character)
            case "\n": quoted += "\\n"
            default: quoted.unicodeScalars.append(character)
            }
        }
        return quoted + "\""
    }
}
