internal import Actions
internal import Base

/// Which rights in the cluster a permission stands for. Who comes with a token of a cluster has the permission only with all
/// of them, in all namespaces.
struct ClusterRule: Sendable {
    struct Right: Sendable, Hashable {
        let verb: String
        let group: String
        let resource: String
    }

    let permission: Permission
    let rights: [Right]

    /// Naming the clusters tells what kubectl tells of namespaces; their objects are what Callboard reads with rights of its
    /// own in all namespaces, of which these three stand for the rest: what runs, what describes it, and what it is set by.
    static let all = [
        ClusterRule(
            permission: .readClusters, rights: [Right(verb: "list", group: "", resource: "namespaces")]),
        ClusterRule(
            permission: .readClusterObjects,
            rights: [
                Right(verb: "list", group: "", resource: "pods"),
                Right(verb: "list", group: "apps", resource: "deployments"),
                Right(verb: "list", group: "", resource: "configmaps"),
            ]),
    ]
}

extension ClusterRule.Right {
    /// The question for a user as the API server is asked it.
    func review(of user: KubernetesUser) -> JSONValue {
        [
            "apiVersion": "authorization.k8s.io/v1", "kind": "SubjectAccessReview",
            "spec": [
                "user": .string(user.name), "uid": .string(user.uid), "groups": .array(user.groups.map { .string($0) }),
                "extra": user.extra,
                "resourceAttributes": [
                    "verb": .string(verb), "group": .string(group), "resource": .string(resource),
                ],
            ],
        ]
    }
}
