package import Base

/// A program that a kubeconfig names to get credentials from (`client.authentication.k8s.io`).
package struct ExecPlugin: Sendable, Equatable {
    /// Added to the inherited environment.
    package struct Variable: Sendable, Equatable {
        package var name: String
        package var value: String

        package init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    /// The forms of the credentials that are understood.
    static let versions = ["client.authentication.k8s.io/v1", "client.authentication.k8s.io/v1beta1"]

    /// A path, or a name that is looked for in `PATH`.
    package var command: String
    package var arguments: [String] = []
    package var environment: [Variable] = []
    /// The plugin's answer must have the same.
    package var apiVersion: String
    /// Shown when the program is not there.
    package var installHint: String?
    /// What the plugin is told of the cluster; nil: nothing.
    package var cluster: JSONValue?

    package init(command: String, apiVersion: String) {
        self.command = command
        self.apiVersion = apiVersion
    }

    /// What the plugin finds in `KUBERNETES_EXEC_INFO`.
    var information: JSONValue {
        var specification: JSONObject = ["interactive": false]
        specification["cluster"] = cluster
        return [
            "kind": "ExecCredential", "apiVersion": .string(apiVersion), "spec": .object(specification),
        ]
    }
}
