import Base
import HTTPClient
import HTTPServer
import Synchronization

@testable import CostSources

/// A Prometheus over HTTP that answers what a test says.
final class PrometheusStandIn: Sendable {
    struct Asked: Sendable {
        let path: String
        let authorization: String?
        let parameters: [String: String]
    }

    private let answer = Mutex<@Sendable (Asked) -> HTTPServerResponse>({ _ in HTTPServerResponse(status: 404) })
    private let questions = Mutex<[Asked]>([])
    private let server = Mutex<HTTPServer?>(nil)

    init() throws {
        let server = try HTTPServer(HTTPServer.Configuration()) { [weak self] request in
            self?.respond(request) ?? HTTPServerResponse(status: 503)
        }
        self.server.withLock { $0 = server }
    }

    var url: String { "http://127.0.0.1:\(server.withLock { $0?.port ?? 0 })" }
    var asked: [Asked] { questions.withLock { $0 } }

    func answer(_ body: @escaping @Sendable (Asked) -> HTTPServerResponse) { answer.withLock { $0 = body } }
    func answer(_ text: String) { answer(200, text) }
    func answer(_ status: Int, _ text: String) {
        answer { _ in HTTPServerResponse(status: status, body: .bytes(Array(text.utf8))) }
    }

    func client(
        token: String? = nil, clusterLabel: String? = nil, timeout: Duration = .seconds(20), maximumBytes: Int = 1 << 20
    ) -> PrometheusClient {
        PrometheusClient(
            PrometheusEndpoint(
                baseURL: url + "/", token: token.map { Secret($0) }, clusterLabel: clusterLabel, timeout: timeout),
            http: HTTPClient(name: "test"), version: "1", maximumBytes: maximumBytes)
    }

    private func respond(_ request: HTTPServerRequest) -> HTTPServerResponse {
        var parameters: [String: String] = [:]
        for pair in String(decoding: request.body, as: UTF8.self).split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let value = percentDecoded(Array((parts.last ?? "").utf8)) ?? []
            parameters[String(parts[0])] = String(decoding: value, as: UTF8.self)
        }
        let asked = Asked(
            path: request.path, authorization: request.headers["Authorization"], parameters: parameters)
        questions.withLock { $0.append(asked) }
        return answer.withLock { $0 }(asked)
    }
}

/// `{"status": "success", …}` with these series.
func prometheusVector(_ series: [(labels: [String: String], value: String)], at seconds: Int = 1_772_366_400) -> String
{
    let rows = series.map { row in
        let labels = JSONObject(row.labels.sorted { $0.key < $1.key }.map { ($0.key, JSONValue.string($0.value)) })
        return JSONValue.object([
            "metric": .object(labels), "value": .array([.double(Double(seconds)), .string(row.value)]),
        ])
    }
    let answer: JSONValue = ["status": "success", "data": ["resultType": "vector", "result": .array(rows)]]
    return answer.text()
}
