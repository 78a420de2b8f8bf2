internal import Base
package import Catalog
package import HTTPClient

/// Reads the definitions of APIs that workloads register: from hosts that the operator allows, by plain requests that follow
/// no redirect and send no secret; all else is left to another reader, which knows hosts of its own.
package struct APIDefinitionReader: URLReading {
    private let allowed: AllowedHosts
    private let http: HTTPClient
    private let other: any URLReading
    private let version: String
    private static let timeout: Duration = .seconds(30)

    package init(_ allowed: AllowedHosts, http: HTTPClient, version: String, otherwise other: any URLReading) {
        self.allowed = allowed
        self.http = http
        self.version = version
        self.other = other
    }

    package func read(_ url: String, etag: String?) async throws -> URLAnswer {
        guard allowed.allows(url: url) else {
            do {
                return try await other.read(url, etag: etag)
            } catch let error as CatalogSourceError {
                throw refusal(
                    url, "\(error.detail); kubernetesIngestor.apiFetch.allowedHosts does not have it either", error.code
                )
            }
        }
        var request = HTTPRequest(
            url: url,
            headers: ["Accept": "application/json, application/yaml, */*", "User-Agent": "callboard/\(version)"],
            totalTimeout: Self.timeout)
        if let etag { request.headers.set("If-None-Match", etag) }
        let response: HTTPResponse
        do {
            response = try await http.send(request, maximumBodyBytes: Placeholder.maximumBytes)
        } catch let error as HTTPClientError {
            throw refusal(url, error.detail, error.code == .bodyTooLarge ? .tooLarge : .unreadable)
        }
        switch response.status {
        case 200: return .content(response.body, etag: response.headers["ETag"])
        case 304 where etag != nil: return .unchanged
        case 404, 410: return .missing
        default: throw refusal(url, "answered \(response.status); expected 200")
        }
    }

    private func refusal(
        _ url: String, _ detail: String, _ code: CatalogSourceError.Code = .unreadable
    ) -> CatalogSourceError {
        CatalogSourceError(code, .url(url), detail)
    }
}
