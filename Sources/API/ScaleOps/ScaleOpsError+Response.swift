internal import Base
internal import CostSources

extension ErrorResponse {
    /// What a failure of ScaleOps is to who asked through Callboard: never 401 or 403, since the caller's own credentials
    /// are good.
    init(_ error: ScaleOpsError) {
        switch error.code {
        case .busy, .cancelled:
            self.init(status: 503, name: "ServiceUnavailableError", message: error.detail)
            headers.set("Retry-After", "1")
        case .timeout: self.init(status: 504, name: "ResponseError", message: error.detail)
        case .loginFailed, .unauthorized, .refused, .redirected, .unreachable, .incomplete, .tooLarge, .undecodable:
            self.init(status: 502, name: "ResponseError", message: error.detail)
        }
    }
}
