internal import Base

/// Whom an API server says that a token stands for.
struct KubernetesUser: Sendable, Hashable {
    let name: String
    let uid: String
    let groups: [String]
    /// As the server gave it: it is given back with questions about rights.
    let extra: JSONValue

    /// Nil: the token stands for nobody.
    ///
    /// - Parameter audiences: for which the token must be meant, one of these; empty: the server itself. A server that says nothing
    ///   of audiences does not know them, so that it would take a token that is meant for itself (TokenReview's own
    ///   documentation).
    init?(reviewStatus status: JSONValue?, audiences: Set<String>) {
        guard status?["authenticated"] == true, let user = status?["user"], let name = user["username"]?.stringValue,
            !name.isEmpty
        else { return nil }
        let named = (status?["audiences"]?.arrayValue ?? []).compactMap(\.stringValue)
        guard audiences.isEmpty || !audiences.isDisjoint(with: named) else { return nil }
        self.name = name
        uid = user["uid"]?.stringValue ?? ""
        groups = (user["groups"]?.arrayValue ?? []).compactMap(\.stringValue)
        extra = user["extra"] ?? [:]
    }
}
