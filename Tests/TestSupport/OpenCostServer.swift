package import Base
package import HTTPServer
internal import Synchronization

/// An OpenCost over HTTP that answers what a test says.
package final class OpenCostServer: Sendable {
    /// A request that came.
    package struct Asked: Sendable {
        package let path: String
        package let authorization: String?
        package let parameters: [String: String]

        /// The whole hours of the window that was asked for.
        package var hours: [Timestamp] {
            let ends = (parameters["window"] ?? "").split(separator: ",").compactMap { Timestamp(rfc3339: String($0)) }
            guard ends.count == 2 else { return [] }
            return stride(from: ends[0].microseconds, to: ends[1].microseconds, by: 3_600_000_000)
                .map { Timestamp(microseconds: $0) }
        }

        package var isOfDay: Bool { parameters["step"] == "24h" }
        package var isByPod: Bool { parameters["aggregate"]?.hasSuffix(",pod") == true }
    }

    package typealias Answer = @Sendable (Asked) -> HTTPServerResponse

    private let answer = Mutex<Answer>({ _ in HTTPServerResponse(status: 404) })
    private let questions = Mutex<[Asked]>([])
    private let server: Mutex<HTTPServer?> = Mutex(nil)

    package init() throws {
        let server = try HTTPServer(HTTPServer.Configuration()) { [weak self] request in
            self?.respond(request) ?? HTTPServerResponse(status: 503)
        }
        self.server.withLock { $0 = server }
    }

    package var url: String { "http://127.0.0.1:\(server.withLock { $0?.port ?? 0 })" }
    package var asked: [Asked] { questions.withLock { $0 } }

    package func answer(_ body: @escaping Answer) { answer.withLock { $0 = body } }
    package func answer(_ status: Int = 200, _ text: String) {
        answer { _ in HTTPServerResponse(status: status, body: .bytes(Array(text.utf8))) }
    }

    /// Answers each hour that is asked for, and each day, with these rows.
    package func allocate(_ rows: @escaping @Sendable (Asked, Timestamp) -> [JSONObject]) {
        answer { asked in
            let steps = asked.isOfDay ? Array(asked.hours.prefix(1)) : asked.hours
            return .json(200, Self.body(steps.map { rows(asked, $0) }))
        }
    }

    /// What OpenCost answers: a map for each step.
    package static func body(_ steps: [[JSONObject]]) -> JSONValue {
        let maps = steps.map { rows in
            JSONValue.object(JSONObject(rows.enumerated().map { ("key/\($0.offset)", .object($0.element)) }))
        }
        return ["code": 200, "status": "success", "data": .array(maps)]
    }

    /// An allocation of a whole hour.
    package static func row(
        _ hour: Timestamp, cluster: String = "main", namespace: String = "prod", kind: String? = "deployment",
        controller: String? = nil, pod: String? = nil, _ more: JSONObject = [:]
    ) -> JSONObject {
        var properties: JSONObject = ["cluster": .string(cluster), "namespace": .string(namespace)]
        properties["controllerKind"] = (controller == nil ? nil : kind).map { .string($0) }
        properties["controller"] = controller.map { .string($0) }
        properties["pod"] = pod.map { .string($0) }
        var row: JSONObject = [
            "name": "x", "properties": .object(properties), "minutes": 60, "start": .string(hour.rfc3339),
            "window": [
                "start": .string(hour.rfc3339), "end": .string(hour.adding(seconds: 3_600).rfc3339),
            ],
        ]
        for (name, value) in more { row[name] = value }
        return row
    }

    private func respond(_ request: HTTPServerRequest) -> HTTPServerResponse {
        let parameters = Dictionary(request.query.map { ($0.name, $0.value) }) { first, _ in first }
        let asked = Asked(path: request.path, authorization: request.headers["Authorization"], parameters: parameters)
        questions.withLock { $0.append(asked) }
        return answer.withLock { $0 }(asked)
    }
}
