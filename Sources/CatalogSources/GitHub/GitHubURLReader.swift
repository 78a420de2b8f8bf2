internal import Catalog

/// Reads files of GitHub by the URLs under which people see them, on the hosts of `integrations.github`. A URL with `*` or
/// `**` in its path stands for the files that match.
package struct GitHubURLReader: URLReading {
    private let clients: [GitHubClient]

    /// - Parameter clients: one for each host.
    package init(_ clients: [GitHubClient]) { self.clients = clients }

    package func read(_ url: String, etag: String?) async throws -> URLAnswer {
        do {
            for client in clients {
                guard let place = try GitHubPlace(url, on: client.host) else { continue }
                if let pattern = URLPattern(url) { return try await client.files(of: place, pattern, etag: etag) }
                return try await client.file(place, etag: etag)
            }
        } catch let error as GitHubError {
            throw refusal(url, error.description, error.code == .tooLarge ? .tooLarge : .unreadable)
        } catch let error as GitHubURLProblem {
            throw refusal(url, error.detail)
        }
        let hosts = clients.isEmpty ? "none" : clients.map(\.host.name).joined(separator: ", ")
        throw refusal(url, "no entry of integrations.github has the host of this URL; there are: \(hosts)")
    }

    private func refusal(
        _ url: String, _ detail: String, _ code: CatalogSourceError.Code = .unreadable
    ) -> CatalogSourceError {
        CatalogSourceError(code, .url(url), detail)
    }
}
