internal import Base

/// What an event is about.
package struct ObjectReference: Sendable, Hashable {
    package var apiVersion: String
    package var kind: String
    /// Empty for what has no namespace.
    package var namespace: String
    package var name: String
    /// Empty when it is not known; `kubectl describe` then does not show the event.
    package var uid: String

    package init(apiVersion: String, kind: String, namespace: String = "", name: String, uid: String = "") {
        self.apiVersion = apiVersion
        self.kind = kind
        self.namespace = namespace
        self.name = name
        self.uid = uid
    }

    /// Where events about it live; nil when it has no namespace.
    var eventNamespace: String? { namespace.isEmpty ? nil : namespace }

    var json: JSONValue {
        var object: JSONObject = [
            "apiVersion": .string(apiVersion), "kind": .string(kind), "name": .string(name),
        ]
        if !namespace.isEmpty { object["namespace"] = .string(namespace) }
        if !uid.isEmpty { object["uid"] = .string(uid) }
        return .object(object)
    }
}
