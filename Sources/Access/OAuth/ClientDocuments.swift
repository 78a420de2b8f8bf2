package import Base
package import HTTPClient
internal import Synchronization

/// Reads the documents of clients, so that a stranger who names one learns nothing of the network that we are in: only from
/// public addresses, which are looked up once and then connected to, without redirects, small and soon.
package final class ClientDocuments: Sendable {
    /// What an operator allows.
    package struct Rules: Sendable {
        package var ids: [URLPattern]
        package var redirectURIs: [URLPattern]
        /// Whether a client may be on this machine and use plain HTTP, as for somebody who builds one.
        package var allowsLoopback = false

        package init(ids: [URLPattern], redirectURIs: [URLPattern]) {
            self.ids = ids
            self.redirectURIs = redirectURIs
        }
    }

    private struct Kept {
        let client: OAuthClient
        let until: Timestamp
    }

    private struct State {
        var kept: [String: Kept] = [:]
        var underWay = 0

        mutating func begin(_ limit: Int) -> Bool {
            guard underWay < limit else { return false }
            underWay += 1
            return true
        }
    }

    private let rules: Rules
    private let http: HTTPClient
    private let resolve: @Sendable (String) async -> [String]
    private let state = Mutex(State())
    private static let maximumKept = 256
    private static let maximumUnderWay = 8

    package convenience init(_ rules: Rules, http: HTTPClient) {
        self.init(rules, http: http, resolve: PublicAddress.resolve)
    }

    /// - Parameter resolve: the addresses of a host.
    init(_ rules: Rules, http: HTTPClient, resolve: @escaping @Sendable (String) async -> [String]) {
        self.rules = rules
        self.http = http
        self.resolve = resolve
    }

    /// The client whose document is at that URL.
    ///
    /// - Throws: ``OAuthError``: what cannot be read, or says what it must not, is not kept.
    package func client(_ id: String, now: Timestamp) async throws(OAuthError) -> OAuthClient {
        let url = try ClientDocument.url(id, allowsLoopback: rules.allowsLoopback)
        guard let pattern = rules.ids.first(where: { $0.matches(id) }) else {
            throw OAuthError(.invalidClient, "auth.clientIdMetadataDocuments.allowedClientIdPatterns has none for it")
        }
        if let kept = state.withLock({ $0.kept[id] }), kept.until > now { return kept.client }
        let (client, lifetime) = try await read(id, url, isTrusted: pattern.isExact)
        keep(Kept(client: client, until: now.adding(seconds: lifetime)), now)
        return client
    }

    private func keep(_ new: Kept, _ now: Timestamp) {
        state.withLock { state in
            if state.kept.count >= Self.maximumKept { state.kept = state.kept.filter { $0.value.until > now } }
            if state.kept.count >= Self.maximumKept { state.kept = [:] }
            state.kept[new.client.id] = new
        }
    }

    private func read(
        _ id: String, _ url: URLPieces, isTrusted: Bool
    ) async throws(OAuthError) -> (OAuthClient, Int64) {
        guard state.withLock({ $0.begin(Self.maximumUnderWay) }) else {
            throw OAuthError(.invalidClient, "too many documents of clients are being read; try again")
        }
        defer { state.withLock { $0.underWay -= 1 } }
        let response = try await fetch(id, from: try await address(of: url, isTrusted: isTrusted))
        guard response.status == 200 else {
            throw OAuthError(.invalidClient, "the client's document answered \(response.status); expected 200")
        }
        let client = try ClientDocument.client(response.body, id: id, allowedRedirects: rules.redirectURIs)
        return (client, ClientDocument.lifetime(cacheControl: response.headers["Cache-Control"]))
    }

    /// An operator who names one URL by itself may mean one within the network.
    private func address(of url: URLPieces, isTrusted: Bool) async throws(OAuthError) -> String {
        let addresses = await resolve(url.host)
        guard let first = addresses.first else {
            throw OAuthError(.invalidClient, "the host of the client's document is not known")
        }
        let isGood =
            isTrusted || addresses.allSatisfy(PublicAddress.isPublic)
            || rules.allowsLoopback && url.isLoopback && addresses.allSatisfy(PublicAddress.isLoopback)
        guard isGood else {
            throw OAuthError(.invalidClient, "the host of the client's document has an address that is not public")
        }
        return first
    }

    private func fetch(_ id: String, from address: String) async throws(OAuthError) -> HTTPResponse {
        var request = HTTPRequest(
            url: id, headers: ["Accept": "application/json"], connectTimeout: .seconds(5), totalTimeout: .seconds(10))
        request.address = address
        do {
            return try await http.send(request, maximumBodyBytes: ClientDocument.maximumBytes)
        } catch let error as HTTPClientError {
            let reason = error.code == .bodyTooLarge ? "is longer than 5 KB" : "cannot be read (\(error.label))"
            throw OAuthError(.invalidClient, "the client's document \(reason)")
        } catch {
            throw OAuthError(.invalidClient, "the client's document was not read")
        }
    }
}
