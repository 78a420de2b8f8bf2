internal import Base

/// Client ID Metadata Documents: a client's id is the URL of a document in which it says what it is.
package enum ClientDocument {
    /// Bytes of a document; more say nothing that we need.
    static let maximumBytes = 5 << 10
    private static let maximumIDLength = 500

    /// Whether an id is meant as such a URL.
    package static func isMeant(_ id: String) -> Bool { id.hasPrefix("https://") || id.hasPrefix("http://") }

    /// The URL of an id, taken apart.
    ///
    /// - Parameter allowsLoopback: whether plain HTTP to the machine itself will do, as for somebody who builds a client.
    /// - Throws: ``OAuthError`` `invalid_client`.
    static func url(_ id: String, allowsLoopback: Bool) throws(OAuthError) -> URLPieces {
        guard id.utf8.count <= maximumIDLength, let pieces = URLPieces(id),
            pieces.scheme == "https" || allowsLoopback && pieces.isLoopback, pieces.query == nil,
            pieces.path.utf8.count > 1, !pieces.hasDotSegments
        else {
            throw OAuthError(
                .invalidClient,
                "expected a client_id that is an https URL with a path; without user, query, fragment and . or .. segments"
            )
        }
        return pieces
    }

    /// The client that a document describes.
    ///
    /// - Throws: ``OAuthError``.
    static func client(_ bytes: [UInt8], id: String, allowedRedirects: [URLPattern]) throws(OAuthError) -> OAuthClient {
        guard let json = try? JSONValue(parsing: bytes) else {
            throw OAuthError(.invalidClient, "the client's document is not JSON")
        }
        guard json["client_id"]?.stringValue == id else {
            throw OAuthError(.invalidClient, "the client's document is for another client_id")
        }
        guard json["client_name"]?.stringValue?.isEmpty == false else {
            throw OAuthError(.invalidClient, "the client's document has no client_name")
        }
        guard json["client_secret"] == nil, json["client_secret_expires_at"] == nil else {
            throw OAuthError(.invalidClient, "the client's document has a client_secret, which anybody could read")
        }
        let metadata = try ClientMetadata(json)
        guard metadata.authMethod == "none" else {
            throw OAuthError(
                .invalidClient, "the client's document wants a token_endpoint_auth_method other than none")
        }
        let uris = metadata.redirectURIs.filter { uri in allowedRedirects.contains { $0.matches(uri.text) } }
        guard !uris.isEmpty else {
            throw OAuthError(
                .invalidRedirectURI,
                "auth.clientIdMetadataDocuments.allowedRedirectUriPatterns has none for this client")
        }
        return OAuthClient(.document, id: id, name: metadata.name, redirectURIs: uris, refreshes: metadata.refreshes)
    }

    /// How long a document may be kept, in seconds: as its answer says, but 5 minutes at least and a day at most.
    static func lifetime(cacheControl: String?) -> Int64 {
        let directives = (cacheControl ?? "").lowercased().split(separator: ",").map {
            $0.split(separator: "=", maxSplits: 1).map { $0.filter { $0 != " " && $0 != "\"" } }
        }
        if directives.contains(where: { ["no-store", "no-cache"].contains($0.first) }) { return shortest }
        let age = directives.first { $0.first == "max-age" && $0.count == 2 }.flatMap { Int64($0[1]) }
        return min(max(age ?? 3_600, shortest), 86_400)
    }

    private static let shortest: Int64 = 300
}
