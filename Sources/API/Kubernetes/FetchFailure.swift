internal import Base
internal import KubeClient

/// One question to an API server was not answered, as a Backstage client is told of it.
struct FetchFailure: Error, Hashable {
    enum Cause: Hashable {
        /// The server refused with this HTTP status.
        case refused(Int)
        /// There was no answer.
        case unreachable
        /// Lists have taken the memory that they may have; nobody knows what the server would have answered.
        case outOfMemory
        /// The answer, or what it would make of ours, cannot be used.
        case unusable
    }

    let cause: Cause
    /// Without the query.
    let path: String
    /// What went wrong; no token or header is in it.
    let detail: String

    init(_ cause: Cause, path: String, detail: String) {
        self.cause = cause
        self.path = path
        self.detail = detail
    }

    /// What any error means for what was asked for at a path.
    init(_ error: any Error, path: String) {
        switch error {
        case let failure as FetchFailure: self = failure
        case let error as KubernetesError: self.init(Cause(error), path: path, detail: error.detail)
        default: self.init(.unusable, path: path, detail: "\(error)")
        }
    }
}

extension FetchFailure.Cause {
    fileprivate init(_ error: KubernetesError) {
        if let status = error.status {
            self = .refused(status.code)
        } else {
            self = error.code == .undecodable || error.code == .badRequest ? .unusable : .unreachable
        }
    }
}

extension FetchFailure {
    /// In Backstage's form: by status where the server gave one, else as `FETCH_ERROR` with what happened.
    var json: JSONValue {
        switch cause {
        case .refused(let status):
            return [
                "errorType": .string(Self.type(status)), "statusCode": .int(Int64(status)),
                "resourcePath": .string(path),
            ]
        case .outOfMemory:
            // One call has failed, not its cluster, so it has the form of one. Ours is the system that failed, and later
            // may be better. No API server's answer makes this pair, since their 503 is an UNKNOWN_ERROR; the message,
            // which Backstage's clients pass over, is for people.
            return [
                "errorType": "SYSTEM_ERROR", "statusCode": 503, "resourcePath": .string(path),
                "message": .string(detail),
            ]
        case .unreachable: return Self.fetchError("the cluster cannot be reached: \(detail)")
        case .unusable: return Self.fetchError("\(path): \(detail)")
        }
    }

    static func fetchError(_ message: String) -> JSONValue {
        ["errorType": "FETCH_ERROR", "message": .string(message)]
    }

    private static func type(_ status: Int) -> String {
        switch status {
        case 400: "BAD_REQUEST"
        case 401: "UNAUTHORIZED_ERROR"
        case 404: "NOT_FOUND"
        case 500: "SYSTEM_ERROR"
        default: "UNKNOWN_ERROR"
        }
    }
}
