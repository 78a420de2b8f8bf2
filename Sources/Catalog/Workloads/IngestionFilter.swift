package import Base

/// Decides which objects become entities, and what of their annotations is kept at all.
package struct IngestionFilter: Sendable {
    private let settings: IngestionSettings
    private let prefix: String

    package init(_ settings: IngestionSettings) {
        self.settings = settings
        prefix = settings.annotation("")
    }

    /// The parts of an object that `admits` reads besides its metadata.
    package static let fields = [["spec", "resourceRef"], ["spec", "crossplane"]]

    /// Whether an object becomes an entity. Those of Crossplane and KRO do not: they stand for others.
    package func admits(_ object: JSONValue) -> Bool {
        let metadata = object["metadata"]
        let annotations = metadata?["annotations"]
        func isSet(_ name: String) -> Bool { Self.isTrue(annotations?[settings.annotation(name)]?.stringValue) }
        if isSet("exclude-from-catalog") || (settings.onlyAnnotated && !isSet("add-to-catalog")) { return false }
        if settings.excludedNamespaces.contains(metadata?["namespace"]?.stringValue ?? "") { return false }
        let spec = object["spec"]
        return spec?["resourceRef"] == nil && spec?["crossplane"] == nil
            && metadata?["labels"]?["kro.run/resource-graph-definition-id"] == nil
    }

    /// An annotation that says yes or no; what is there and says neither means yes, as `present` does.
    static func isTrue(_ text: String?) -> Bool {
        guard let text = text?.trimmed.lowercased(), !text.isEmpty else { return false }
        return !["false", "no", "off", "0"].contains(text)
    }

    /// Whether an annotation of an object is read or copied.
    package func keeps(annotation name: String) -> Bool {
        name.hasPrefix(prefix) || name == Self.argoTracking || Self.isCopied(name)
    }

    static let argoTracking = "argocd.argoproj.io/tracking-id"

    /// Beginnings of annotations that plugins of Backstage read; nothing else is copied, since it may be long, secret, or
    /// another with each rollout.
    private static let copied = [
        "backstage.io/", "github.com/", "gitlab.com/", "bitbucket.org/", "dev.azure.com/", "argocd/", "grafana/",
        "prometheus.io/rule", "prometheus.io/alert", "pagerduty.com/", "opsgenie.com/", "sonarqube.org/", "sentry.io/",
        "jenkins.io/", "circleci.com/", "buildkite.com/", "backstage.spotify.com/", "datadoghq.com/", "dynatrace.com/",
        "newrelic.com/", "rollbar.com/", "snyk.io/", "jira/", "lighthouse.com/", "firehydrant.com/", "scaleops.sh/",
    ]
    /// The catalog's own, which nobody else may set.
    private static let reserved = [
        "backstage.io/managed-by-location", "backstage.io/managed-by-origin-location", "backstage.io/orphan",
    ]
    private static let secretWords = [
        "token", "secret", "password", "passwd", "credential", "api-key", "apikey", "private-key",
    ]

    /// Whether an annotation is copied to the entity.
    static func isCopied(_ name: String) -> Bool {
        let lower = name.lowercased()
        return copied.contains(where: name.hasPrefix) && !reserved.contains(name)
            && !secretWords.contains(where: lower.contains)
    }

    /// Whether `P/component-annotations` may set it.
    static func isReserved(_ name: String) -> Bool { reserved.contains(name) }
}
