internal import Base
internal import HTTPClient

extension ClusterConfiguration {
    /// Where every pod finds its service account.
    private static let serviceAccount = "/var/run/secrets/kubernetes.io/serviceaccount"

    /// The service account of the pod that we run in. Without the cluster's authority there is no configuration: the
    /// server is never trusted unseen.
    static func inCluster(
        environment: (String) -> String?, read: ReadFile, directory: String = serviceAccount
    ) throws(ConfigurationError) -> ClusterConfiguration {
        let host = try required("KUBERNETES_SERVICE_HOST", environment)
        let port = try required("KUBERNETES_SERVICE_PORT", environment)
        let authority = try pem("\(directory)/ca.crt", key: "", read)
        let tokenFile = "\(directory)/token"
        let token = trimmed(try contents(tokenFile, key: "", read))
        guard !token.isEmpty else {
            throw ConfigurationError(
                code: .missing, source: tokenFile, key: "", detail: "expected a token, it is empty")
        }
        let namespace = (try? read("\(directory)/namespace")).map(trimmed) ?? ""
        var configuration = ClusterConfiguration(
            server: "https://\(host.contains(":") ? "[\(host)]" : host):\(port)",
            tls: TLSOptions(certificateAuthorityPEM: authority),
            credentials: .tokenFile(path: tokenFile, initial: token),
            namespace: namespace.isEmpty ? "default" : namespace, name: "in-cluster")
        configuration.tlsFiles.certificateAuthority = "\(directory)/ca.crt"
        return configuration
    }

    private static func required(
        _ variable: String, _ environment: (String) -> String?
    ) throws(ConfigurationError) -> String {
        guard let value = environment(variable), !value.isEmpty else {
            throw ConfigurationError(
                code: .missing, source: "environment", key: variable,
                detail: "expected the API server's address, not set")
        }
        return value
    }

    static func contents(_ path: String, key: String, _ read: ReadFile) throws(ConfigurationError) -> [UInt8] {
        do throws(FileError) {
            return try read(path)
        } catch {
            throw ConfigurationError(code: .unreadable, source: path, key: key, detail: error.detail)
        }
    }

    /// The bytes of a PEM file.
    static func pem(_ path: String, key: String, _ read: ReadFile) throws(ConfigurationError) -> [UInt8] {
        let bytes = try contents(path, key: key, read)
        guard isPEM(bytes) else {
            throw ConfigurationError(code: .invalid, source: path, key: key, detail: "expected PEM (-----BEGIN …)")
        }
        return bytes
    }

    static func isPEM(_ bytes: [UInt8]) -> Bool { String(decoding: bytes, as: UTF8.self).contains("-----BEGIN ") }

    /// The text without white space at its ends; editors and secrets often add a line end.
    static func trimmed(_ bytes: [UInt8]) -> String {
        let isSpace: (UInt8) -> Bool = { [0x20, 0x09, 0x0A, 0x0D].contains($0) }
        let rest = bytes.drop(while: isSpace)
        let end = rest.lastIndex { !isSpace($0) }.map { $0 + 1 } ?? rest.startIndex
        return String(decoding: rest[rest.startIndex..<end], as: UTF8.self)
    }
}
