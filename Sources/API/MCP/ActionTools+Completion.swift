internal import Actions
internal import Base
internal import MCP
internal import Store

extension ActionTools {
    /// The protocol's bound.
    private static let maximumValues = 100
    private static let windows = ["7d", "30d", "90d", "24h", "today", "yesterday", "month-to-date", "last-month"]

    func complete(_ question: CompletionQuestion, for principal: Caller) async throws -> CompletionAnswer {
        try takeContent(principal)
        switch question.subject {
        case .prompt(let name):
            let prompt = try prompt(named: name, for: principal)
            guard let argument = prompt.arguments.first(where: { $0.name == question.argument }) else {
                throw Self.unknown(question.argument, prompt.arguments.map(\.name))
            }
            return try await values(of: argument.subject, question.value, principal)
        case .resource(let uri):
            guard let template = ContentTemplate.all.first(where: { $0.uri == uri }),
                offers(template.aspect, to: principal)
            else { throw MCPContentError.noResource(uri) }
            guard template.variables.contains(question.argument) else {
                throw Self.unknown(question.argument, template.variables)
            }
            return try await values(of: template, question, principal)
        }
    }

    private static func unknown(_ argument: String, _ known: [String]) -> MCPContentError {
        .badArgument("\(argument): expected one of \(known.joined(separator: ", "))")
    }

    private func values(
        of subject: ContentPrompt.Argument.Subject, _ text: String, _ caller: Caller
    ) async throws -> CompletionAnswer {
        switch subject {
        case .entity: try await catalog(.refs, text, nil, nil, caller)
        case .owner: try await catalog(.owners, text, nil, nil, caller)
        case .cluster: try await clusters(text, caller)
        case .window: Self.ranked(Self.windows, text)
        }
    }

    /// What is settled of the other variables narrows it.
    private func values(
        of template: ContentTemplate, _ question: CompletionQuestion, _ caller: Caller
    ) async throws -> CompletionAnswer {
        let kind = template.aspect == .team ? "group" : question.settled["kind"]
        switch question.argument {
        case "kind": return try await catalog(.kinds, question.value, nil, nil, caller)
        case "namespace": return try await catalog(.namespaces, question.value, kind, nil, caller)
        default: return try await catalog(.names, question.value, kind, question.settled["namespace"], caller)
        }
    }

    private func catalog(
        _ subject: CompletionSubject, _ text: String, _ kind: String?, _ namespace: String?, _ caller: Caller
    ) async throws -> CompletionAnswer {
        let access = CatalogAccess(catalog: store.catalog, caller: caller)
        let found = try await telling {
            try await access.completions(
                subject, holding: text, kind: kind.flatMap(Self.settled), namespace: namespace.flatMap(Self.settled),
                limit: Self.maximumValues)
        }
        return CompletionAnswer(values: found.values, total: found.total)
    }

    /// Nothing is settled by an empty text.
    private static func settled(_ text: String) -> String? { text.isEmpty || text.utf8.contains(0) ? nil : text }

    private func clusters(_ text: String, _ caller: Caller) async throws -> CompletionAnswer {
        guard caller.may(.readWorkloads) else { return CompletionAnswer(values: [], total: 0) }
        return Self.ranked(try await telling { try await store.workloads.clusters().map(\.name) }, text)
    }

    /// What begins with the text, then what holds it.
    static func ranked(_ words: [String], _ text: String) -> CompletionAnswer {
        let text = text.lowercased()
        let holding = words.filter { text.isEmpty || $0.lowercased().contains(text) }
        let ranked =
            holding.filter { $0.lowercased().hasPrefix(text) } + holding.filter { !$0.lowercased().hasPrefix(text) }
        return CompletionAnswer(values: Array(ranked.prefix(maximumValues)), total: ranked.count)
    }
}
