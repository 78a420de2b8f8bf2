/// Why the authorization server refuses a request, with the names that clients know.
package struct OAuthError: Error, Sendable, Hashable, CustomStringConvertible {
    /// RFC 6749 §4.1.2.1 and §5.2, RFC 7591 §3.2.2, RFC 8707 §2.
    package enum Code: String, Sendable, Hashable {
        case invalidRequest = "invalid_request"
        case invalidClient = "invalid_client"
        case invalidGrant = "invalid_grant"
        case invalidScope = "invalid_scope"
        case invalidTarget = "invalid_target"
        case unauthorizedClient = "unauthorized_client"
        case unsupportedGrantType = "unsupported_grant_type"
        case unsupportedResponseType = "unsupported_response_type"
        case accessDenied = "access_denied"
        case invalidRedirectURI = "invalid_redirect_uri"
        case invalidClientMetadata = "invalid_client_metadata"
    }

    package let code: Code
    /// For the client's developer: without secrets, and in the characters that RFC 6749 allows.
    package let detail: String

    init(_ code: Code, _ detail: String) {
        self.code = code
        self.detail = String(detail.unicodeScalars.map { Self.allowed($0) ? Character($0) : "'" })
    }

    package static let invalidForm = OAuthError(.invalidRequest, "expected a form (application/x-www-form-urlencoded)")
    package static let tooLong = OAuthError(.invalidRequest, "the request is too long")
    package static let signedOut = OAuthError(
        .accessDenied, "you are signed in no more; begin again in the application")
    package static let invalidRegistration = OAuthError(.invalidClientMetadata, "expected JSON of at most 32 KB")

    package var description: String { "\(code.rawValue): \(detail)" }

    /// RFC 6749 §5.2: printable ASCII but `"` and `\`.
    private static func allowed(_ scalar: Unicode.Scalar) -> Bool {
        (0x20...0x7E).contains(scalar.value) && scalar != "\"" && scalar != "\\"
    }
}
