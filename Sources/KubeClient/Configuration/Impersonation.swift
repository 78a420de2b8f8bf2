internal import Base

/// Whom the API server is asked to treat us as; our own identity needs the right to `impersonate`.
package struct Impersonation: Sendable, Equatable {
    package var user: String
    /// Known to servers since Kubernetes 1.22.
    package var uid: String?
    package var groups: [String]
    package var extra: [String: [String]]

    package init(user: String, uid: String? = nil, groups: [String] = [], extra: [String: [String]] = [:]) {
        self.user = user
        self.uid = uid
        self.groups = groups
        self.extra = extra
    }

    /// The header fields that say so.
    var headers: HTTPHeaders {
        var headers: HTTPHeaders = ["Impersonate-User": user]
        if let uid { headers.add("Impersonate-Uid", uid) }
        for group in groups { headers.add("Impersonate-Group", group) }
        for (key, values) in extra.sorted(by: { $0.key < $1.key }) {
            // A field's name cannot hold every character; the server decodes it.
            for value in values { headers.add("Impersonate-Extra-" + percentEncoded(key), value) }
        }
        return headers
    }
}
