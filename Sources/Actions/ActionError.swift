package import Store

/// An action was not done for a reason that the caller can act on. Named as Backstage names its errors, so that clients
/// see what they know.
package struct ActionError: Error, CustomStringConvertible, Equatable {
    package enum Kind: String, Sendable {
        case input = "InputError"
        case notAllowed = "NotAllowedError"
        case notFound = "NotFoundError"
        case conflict = "ConflictError"
        case unavailable = "ServiceUnavailableError"
    }

    package let kind: Kind
    package let message: String

    package init(_ kind: Kind, _ message: String) {
        self.kind = kind
        self.message = message
    }

    package var description: String { "\(kind.rawValue): \(message)" }
}

extension ActionError {
    /// What a failure of the database means to the caller; nil when the mistake is ours and not the caller's business.
    package init?(_ error: StoreError) {
        switch error.code {
        case .badParameter: self.init(.input, error.detail)
        case .unavailable, .busy, .timeout, .schema, .deposed:
            self.init(.unavailable, "The database is not available at the moment; try again soon")
        case .statement, .unexpectedResult: return nil
        }
    }
}
