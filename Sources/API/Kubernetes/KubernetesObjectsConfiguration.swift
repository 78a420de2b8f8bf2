package import KubeClient

/// Which objects are fetched for an entity, from which clusters, and within which bounds.
package struct KubernetesObjectsConfiguration: Sendable {
    /// How an entity's clusters are found (`kubernetes.serviceLocatorMethod.type`).
    package enum ServiceLocator: String, Sendable, CaseIterable {
        /// Every cluster.
        case multiTenant
        /// Those that `backstage.io/kubernetes-cluster` names; every one without the annotation. As in the join.
        case singleTenant
        /// Those that the entity depends on as `resource:<its namespace>/<cluster>`.
        case catalogRelation
    }

    package var serviceLocator = ServiceLocator.singleTenant
    package var objectTypes = ObjectType.all
    /// Fetched from clusters that have no list of their own.
    package var customResources: [CustomResourceName] = []
    /// How long a cluster may take for its part of an answer.
    package var deadline: Duration = .seconds(10)
    /// How long a list is given again without asking; zero: never.
    package var cacheTime: Duration = .seconds(5)
    // The deployment's pod has 256 MiB, in which the caches of the leader are too. Lists take at most `inFlightBytes` of
    // it, those of the cache among them, since answers are sent from the lists without being joined; every list under way
    // has 64 KiB unread beside it. On top comes what the parser needs for one list at a time (`ListReader`), several
    // times its length, and the copy that an array makes when it grows; both are why no list is longer than 16 MiB.

    /// Of all lists that the process has in memory, together: that come, are kept and are sent.
    package var inFlightBytes = 64 << 20
    /// Of all lists that are kept, together; more than half of `inFlightBytes` is not used.
    package var cacheBytes = 16 << 20
    /// Of all objects in one answer, and of one list.
    package var answerBytes = 16 << 20
    package var answerObjects = 5_000
    /// Requests that one API server is sent at a time.
    package var concurrency = 6

    /// Everything that Backstage fetches, from the clusters that the entity's annotation names.
    package init() {}
}

/// A value of the configuration cannot be used.
package struct KubernetesObjectsConfigurationError: Error, CustomStringConvertible, Equatable {
    /// Such as `kubernetes.customResources[0].plural`.
    package let path: String
    /// What was expected and what stands there.
    package let detail: String

    package var description: String { "\(path): \(detail)" }
}
