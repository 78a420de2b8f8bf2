package import Base

/// GitHub did not give what it was asked for. Never holds the token.
package struct GitHubError: Error, CustomStringConvertible {
    package enum Code: Sendable {
        /// The rate limit is used up; `until` says until when.
        case rateLimited
        /// The token is not good, or there should be one.
        case unauthorized
        /// The token does not suffice.
        case forbidden
        /// The repository does not exist, or the token does not let it be seen: GitHub does not tell which.
        case invisible
        /// There is something, and it is no file.
        case notAFile
        case tooLarge
        /// The answer came not at all, not as a whole, or too late.
        case incomplete
        /// GitHub cannot be reached.
        case unreachable
        /// Another status than the ones that are known.
        case unexpected
        case cancelled
    }

    package let code: Code
    package let detail: String
    /// When asking makes sense again; nil: not known.
    package let until: Timestamp?

    init(_ code: Code, _ detail: String, until: Timestamp? = nil) {
        self.code = code
        self.detail = detail
        self.until = until
    }

    /// GitHub says that a repository has no commit, and nothing bears it out yet.
    init(doubtfullyEmpty repository: String) {
        self.init(.incomplete, "\(repository): GitHub answered 409, as for an empty repository")
    }

    package var description: String { detail }

    /// Whether asking for anything else would fail likewise.
    var isGeneral: Bool {
        switch code {
        case .rateLimited, .unauthorized, .unreachable, .cancelled: true
        case .forbidden, .invisible, .notAFile, .tooLarge, .incomplete, .unexpected: false
        }
    }
}
