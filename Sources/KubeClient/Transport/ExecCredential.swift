internal import Base

/// What an exec plugin answered (`client.authentication.k8s.io` ExecCredential).
struct ExecCredential: Sendable, Equatable {
    var token: String?
    var certificatePEM: [UInt8]?
    var keyPEM: [UInt8]?
    /// Nil: good until the server refuses it.
    var expires: Timestamp?
}

/// A plugin gave no credentials. Never holds what it wrote to standard output.
struct ExecPluginError: Error, CustomStringConvertible, Equatable {
    let command: String
    let detail: String

    var description: String { "exec plugin \(command): \(detail)" }
}

extension ExecCredential {
    /// Reads a plugin's answer.
    init(output: [UInt8], of plugin: ExecPlugin) throws(ExecPluginError) {
        func wrong(_ detail: String) -> ExecPluginError { ExecPluginError(command: plugin.command, detail: detail) }
        guard let answer = try? JSONValue(parsing: output), answer["kind"]?.stringValue == "ExecCredential" else {
            throw wrong("expected an ExecCredential in JSON on standard output")
        }
        guard answer["apiVersion"]?.stringValue == plugin.apiVersion else {
            throw wrong("expected the answer's apiVersion to be \(plugin.apiVersion), as configured")
        }
        let status = answer["status"] ?? .null
        token = Self.text(status, "token")
        certificatePEM = Self.text(status, "clientCertificateData").map { Array($0.utf8) }
        keyPEM = Self.text(status, "clientKeyData").map { Array($0.utf8) }
        guard (certificatePEM == nil) == (keyPEM == nil) else {
            throw wrong("expected status.clientCertificateData and status.clientKeyData together")
        }
        for pem in [certificatePEM, keyPEM].compactMap({ $0 }) where !ClusterConfiguration.isPEM(pem) {
            throw wrong("expected PEM in status.clientCertificateData and status.clientKeyData")
        }
        guard token != nil || certificatePEM != nil else {
            throw wrong("expected status.token, or status.clientCertificateData and status.clientKeyData")
        }
        if let time = Self.text(status, "expirationTimestamp") {
            expires = Timestamp(rfc3339: time)
            guard expires != nil else { throw wrong("expected status.expirationTimestamp in RFC 3339") }
        }
    }

    private static func text(_ status: JSONValue, _ key: String) -> String? {
        guard let text = status[key]?.stringValue, !text.isEmpty else { return nil }
        return text
    }
}
