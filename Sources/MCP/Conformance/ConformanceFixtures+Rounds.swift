import Base

/// The tools that ask in rounds (2026-07-28). Each asks again for what is missing and ignores what it did not ask for.
extension ConformanceFixtures {
    private typealias Question = (key: String, method: String, params: JSONObject)

    private static let elicitation: Question = (
        "user_name", "elicitation/create", ["message": "What is your name?", "requestedSchema": nameForm]
    )
    private static let sampling: Question = (
        "sampled", "sampling/createMessage", samplingParams("What is the capital of France?")
    )
    private static let roots: Question = ("roots", "roots/list", [:])

    func round(_ name: String, _ context: ToolContext) throws -> ToolResult {
        switch name.dropFirst("test_input_required_result_".count) {
        case "sampling": return try ask([Self.sampling], context)
        case "list_roots": return try ask([Self.roots], context)
        case "request_state", "tampered_state": return try ask([Self.elicitation], context, state: "kept")
        case "multiple_inputs":
            return try ask([Self.elicitation, Self.sampling, Self.roots], context, state: "kept")
        case "multi_round": return try twice(context)
        case "capabilities": return try whatCanBe(context)
        default: return try ask([Self.elicitation], context)
        }
    }

    private func ask(_ questions: [Question], _ context: ToolContext, state: JSONValue? = nil) throws -> ToolResult {
        let isComplete =
            questions.allSatisfy { context.answers[$0.key] != nil } && (state == nil || context.state == state)
        guard isComplete else { throw InputRequired(questions, state: state) }
        let answers = JSONObject(context.answers.sorted { $0.key < $1.key }.map { ($0.key, .object($0.value)) })
        return ToolResult(text: "Answered: \(JSONValue.object(answers).text())")
    }

    /// The second question follows the first, which the state remembers.
    private func twice(_ context: ToolContext) throws -> ToolResult {
        switch (context.state, context.answers["step1"], context.answers["step2"]) {
        case ("second", _, .some): return ToolResult(text: "Both rounds are answered.")
        case ("first", .some, _), ("second", _, nil):
            throw InputRequired([("step2", "elicitation/create", Self.elicitation.params)], state: "second")
        default: throw InputRequired([("step1", "elicitation/create", Self.elicitation.params)], state: "first")
        }
    }

    private func whatCanBe(_ context: ToolContext) throws -> ToolResult {
        let all = [Self.elicitation, Self.sampling, Self.roots]
        let questions = all.filter { ClientCapabilities(needed: $0.method).map(context.client.contains) ?? false }
        guard !questions.isEmpty else { return ToolResult(text: "This client cannot be asked.") }
        return try ask(questions, context)
    }

    /// The prompt that asks before it answers.
    func promptThatAsks(_ context: ToolContext) throws -> String {
        guard let answer = context.answers["user_context"] else {
            throw InputRequired([("user_context", "elicitation/create", Self.elicitation.params)])
        }
        return "The context is \(JSONValue.object(answer).text())"
    }
}
