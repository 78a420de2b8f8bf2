/// A person could not be signed in.
package struct SignInError: Error, Hashable, CustomStringConvertible {
    package enum Code: String, Sendable, CaseIterable {
        /// The attempt is not one of this browser, or it is over, or its state was used already.
        case expired
        /// What came back does not belong to what was begun: its state is another.
        case mismatch
        /// The person did not agree at the provider.
        case declined
        /// The provider, or the cluster, does not know the person (any more): a wrong code or token.
        case refused
        /// The provider's answer is not what its protocol promises.
        case invalidAnswer
        /// The provider, the cluster or the catalog cannot be asked now.
        case unavailable
        /// The person is known, and nothing lets them in.
        case notAdmitted
    }

    /// For metrics: one of a fixed set.
    package let code: Code
    /// For the log; has no secrets, and foreign texts only where they are bounded.
    package let detail: String

    package init(_ code: Code, _ detail: String) {
        self.code = code
        self.detail = detail
    }

    package var description: String { "\(detail) (\(code.rawValue))" }

    /// An error code of OAuth (RFC 6749 §4.1.2.1) as the provider sent it, if it looks like one: anything else is not
    /// repeated, since it could hold what was sent to it.
    static func shownCode(_ code: String?) -> String {
        guard let code, code.utf8.count <= 40, code.utf8.allSatisfy({ $0 == 0x5F || (0x61...0x7A).contains($0) }) else {
            return "an error"
        }
        return code
    }
}
