internal import Actions
internal import Base

extension Caller {
    /// Whose a session of HTTP+SSE is: the subject, and what it is held to. So a token that may less than the one which opened
    /// a session does not act as that one.
    var holder: String {
        guard let restrictions else { return subject }
        let text = restrictions.map(\.canonical).sorted().joined(separator: ";")
        return "\(subject)#\(Hex.encode(sha256(Array(text.utf8)).prefix(16)))"
    }
}

extension AccessRestriction {
    /// The same for the same restriction in every process.
    fileprivate var canonical: String {
        let permissions = permissions.map { $0.sorted().joined(separator: ",") } ?? "*"
        let attributes = attributes.map { $0.map(\.rawValue).sorted().joined(separator: ",") } ?? "*"
        return "\(plugin):\(permissions):\(attributes)"
    }
}
