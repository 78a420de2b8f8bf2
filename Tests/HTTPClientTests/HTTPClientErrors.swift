import HTTPClient
import Testing

/// The code of the error that the body throws; nil when it throws none or another.
func errorCode(_ body: () async throws -> Void) async -> HTTPClientError.Code? {
    await clientError(body)?.code
}

/// The error that the body throws; nil when it throws none or another.
func clientError(_ body: () async throws -> Void) async -> HTTPClientError? {
    do {
        try await body()
        return nil
    } catch { return error as? HTTPClientError }
}

extension HTTPStream {
    /// All bytes that are left.
    func rest() async throws -> [UInt8] {
        var all: [UInt8] = []
        while let bytes = try await next() { all += bytes }
        return all
    }
}
