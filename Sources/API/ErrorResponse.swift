internal import Actions
internal import Base
internal import Catalog
internal import HTTPServer
internal import Store

/// Backstage's error body, with the status that belongs to an error.
struct ErrorResponse {
    let status: Int
    let name: String
    let message: String
    var headers = HTTPHeaders()
    /// What only the log may know; nil when the message says it all.
    var hidden: String?

    init(status: Int, name: String, message: String) {
        self.status = status
        self.name = name
        self.message = message
    }

    init(_ error: any Error) {
        if let failure = error as? StoreError, let meaning = ActionError(failure) {
            self.init(meaning)
            guard meaning.kind == .unavailable else { return }
            headers.set("Retry-After", "2")
            hidden = failure.description
            return
        }
        switch error {
        case let error as ActionError: self.init(error)
        case let error as CatalogInputError: self.init(status: 400, name: "InputError", message: error.description)
        case let error as AuthenticationError: self.init(error)
        default:
            let id = Hex.encode(randomBytes(10))
            self.init(status: 500, name: "Error", message: "An internal error occurred logId=\(id)")
            hidden = "\(error)"
        }
    }

    private init(_ error: AuthenticationError) {
        let (status, name) =
            switch error {
            case .missing, .invalid: (401, "AuthenticationError")
            case .ambiguous: (400, "InputError")
            case .unavailable: (503, "ServiceUnavailableError")
            }
        self.init(status: status, name: name, message: error.description)
        if case .unavailable(let detail) = error { hidden = detail }
    }

    private init(_ error: ActionError) {
        let status =
            switch error.kind {
            case .input: 400
            case .notAllowed: 403
            case .notFound: 404
            case .conflict: 409
            case .unavailable: 503
            }
        self.init(status: status, name: error.kind.rawValue, message: error.message)
    }

    func response(to request: HTTPServerRequest) -> HTTPServerResponse {
        var response = HTTPServerResponse.json(
            status,
            [
                "error": ["name": .string(name), "message": .string(message)],
                // The query is left out: it may hold what somebody put there by mistake, such as a token.
                "request": ["method": .string(request.method), "url": .string(request.path)],
                "response": ["statusCode": .int(Int64(status))],
            ])
        for (name, value) in headers { response.headers.set(name, value) }
        return response
    }
}
