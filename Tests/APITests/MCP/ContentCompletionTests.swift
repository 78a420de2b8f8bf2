import Actions
import Base
import MCP
import Store
import TestSupport
import Testing

@testable import API

@Suite("Completion", .serialized, .enabled(if: TestDatabase.isAvailable))
struct ContentCompletionTests {
    private static let template = "callboard://entity/{kind}/{namespace}/{name}"

    private static func answer(
        _ content: Content, _ subject: CompletionQuestion.Subject, _ argument: String, _ value: String,
        _ settled: [String: String] = [:], for caller: Caller = Content.anybody
    ) async throws -> CompletionAnswer {
        try await content.tools.complete(
            CompletionQuestion(subject: subject, argument: argument, value: value, settled: settled), for: caller)
    }

    @Test("kinds, namespaces and names of a template, narrowed by what is settled")
    func template() async throws {
        try await Content.with { content async throws in
            let uri = CompletionQuestion.Subject.resource(Self.template)
            #expect(try await Self.answer(content, uri, "kind", "").values == ["group", "component"])
            #expect(try await Self.answer(content, uri, "kind", "CO").values == ["component"])
            #expect(try await Self.answer(content, uri, "namespace", "d").values == ["default"])
            #expect(try await Self.answer(content, uri, "name", "", ["kind": "Group"]).values == ["team"])
            #expect(
                try await Self.answer(content, uri, "name", "", ["kind": "group", "namespace": "other"]).values == [])
            #expect(try await Self.answer(content, uri, "name", "h").values == ["shop"])
            let team = CompletionQuestion.Subject.resource("callboard://team/{namespace}/{name}")
            #expect(try await Self.answer(content, team, "name", "").values == ["team"])
        }
    }

    @Test("what begins with the text comes before what only holds it; a hundred at most, with the total")
    func ranking() async throws {
        try await Content.with { content async throws in
            let more = (["workshop", "shopping"] + (0..<150).map { "z-\($0)-y" }).map {
                Service.entity($0, type: "service")
            }
            try await Service.define(more.joined(separator: "---\n"), location: "file:more.yaml", in: content.store)
            let prompt = CompletionQuestion.Subject.prompt("explain_service")
            #expect(
                try await Self.answer(content, prompt, "service", "shop").values == [
                    "component:default/shop", "component:default/shopping", "component:default/workshop",
                ])
            let many = try await Self.answer(content, prompt, "service", "z-")
            #expect(many.values.count == 100)
            #expect(many.total == 150)
        }
    }

    @Test("owners, clusters and windows of prompts")
    func prompts() async throws {
        try await Content.with { content async throws in
            let review = CompletionQuestion.Subject.prompt("review_team_spend")
            #expect(try await Self.answer(content, review, "team", "te").values == ["group:default/team"])
            #expect(
                try await Self.answer(content, review, "window", "month").values == ["month-to-date", "last-month"])
            try await content.store.workloads.note(cluster: "main", error: nil)
            let orphans = CompletionQuestion.Subject.prompt("find_orphan_spend")
            #expect(try await Self.answer(content, orphans, "cluster", "AI").values == ["main"])
        }
    }

    @Test("who may not read something is told nothing of it")
    func hidden() async throws {
        try await Content.with { content async throws in
            let plan = CompletionQuestion.Subject.prompt("prepare_rightsizing_plan")
            #expect(try await Self.answer(content, plan, "target", "", for: Content.costsOnly).values == [])
            let cost = CompletionQuestion.Subject.resource(Self.template + "/cost")
            #expect(try await Self.answer(content, cost, "name", "", for: Content.costsOnly).total == 0)
            await #expect(throws: MCPContentError.noResource(Self.template)) {
                try await Self.answer(content, .resource(Self.template), "name", "", for: Content.costsOnly)
            }
        }
    }

    @Test("a subject or an argument that does not exist is refused; odd texts find nothing")
    func odd() async throws {
        try await Content.with { content async throws in
            await #expect(throws: MCPContentError.noPrompt("x")) {
                try await Self.answer(content, .prompt("x"), "a", "")
            }
            await #expect(throws: MCPContentError.badArgument("x: expected one of service")) {
                try await Self.answer(content, .prompt("explain_service"), "x", "")
            }
            for text in ["%", "_", "'", "\u{0}", "\\", String(repeating: "x", count: 10_000)] {
                #expect(try await Self.answer(content, .prompt("explain_service"), "service", text).values == [])
            }
        }
    }
}
