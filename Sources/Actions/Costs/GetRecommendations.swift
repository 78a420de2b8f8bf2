internal import Base
internal import Costs
internal import Store

/// What containers should request instead, and what that saves.
struct GetRecommendations: Action {
    let desk: CostDesk

    struct Input: Sendable {
        let scope: CostScopeArgument
        let query: RecommendationQuery
        let withOwners: Bool
    }

    private static let defaultLimit = 15
    private static let maximumOwners = 100

    static let definition = ActionDefinition(
        plugin: "callboard", name: "get-recommendations", title: "Get recommendations for requests",
        description: """
            Lists containers that should request more or less CPU or memory, the highest monthly saving first, with \
            the word of each source side by side and where they disagree. Narrow by scope, minimum saving, class \
            (over, under, oom, throttled, no-request, idle …) or source; with byOwner the open savings of each \
            owner. Savings are estimates for all replicas and 730 hours, they become money when nodes are given \
            back; sources are never added up. Use it to find savings and containers in need; explain-recommendation \
            has the evidence.
            """,
        attributes: .readOnly, permissions: [.readCosts],
        input: Schema.object(
            CostScopeArgument.schemas.merging([
                "minimumMonthlySaving": Schema.number("Only what saves at least this much in a month."),
                "class": Schema.choice(SizingClass.allCases.map(\.rawValue), "Only of this class."),
                "source": Schema.string("Only by this source, such as vpa, krr or scaleops."),
                "byOwner": Schema.flag("Also the open savings of each owner. false when left out."),
                "limit": Schema.integer(1...500, "Containers a page; \(defaultLimit) when left out. Totals cover all."),
                "cursor": OffsetCursor.schema,
            ])),
        output: Schema.object(
            [
                "asOf": Schema.string("When this was answered, RFC 3339."), "scope": CostScopeArgument.outputSchema,
                "currency": Schema.string("ISO 4217 code of the amounts."),
                "containers": Schema.count("All that fit."),
                "totals": Schema.list(
                    Schema.complete(savingSchemas), "Open savings by the word of each source; do not add them up."),
                "owners": Schema.list(
                    Schema.complete(
                        savingSchemas.merging([
                            "ownerRef": Schema.orNull(Schema.string("Who owns the entities; null: nobody."))
                        ])), "The same by owner, at most \(maximumOwners), with byOwner."),
                "recommendations": Schema.list(
                    Schema.complete(Output.adviceSchema(isComplete: false)), "This page."),
                "nextCursor": OffsetCursor.nextSchema,
            ], required: ["asOf", "scope", "currency", "containers", "totals", "recommendations"]),
        pagedList: "recommendations")

    private static let savingSchemas: JSONObject = [
        "source": Schema.string("Whose word."), "containers": Schema.count("Containers that it speaks of."),
        "monthlySaving": Schema.number("Of those that save something."),
    ]

    static func input(_ arguments: JSONObject) throws(ActionError) -> Input {
        var query = RecommendationQuery()
        query.minimumSaving = try arguments["minimumMonthlySaving"]?.doubleValue.map { number throws(ActionError) in
            guard let money = Money(dollars: number) else {
                throw ActionError(.input, "minimumMonthlySaving: expected an amount of money")
            }
            return money
        }
        query.sizing = arguments["class"]?.stringValue
        query.source = arguments["source"]?.stringValue
        query.limit = arguments["limit"]?.intValue.map { Int($0) } ?? defaultLimit
        query.offset = try OffsetCursor.offset(arguments)
        return Input(
            scope: try CostScopeArgument(arguments), query: query,
            withOwners: arguments["byOwner"]?.boolValue ?? false)
    }

    func run(_ input: Input, for caller: Caller) async throws -> JSONValue {
        var query = input.query
        query.scope = try await input.scope.resolve(in: desk.store, for: caller)
        let page = try await desk.store.costs.recommendations(query)
        var answer: JSONObject = [
            "asOf": Output.time(desk.now()), "scope": query.scope.json, "currency": .string(desk.currency),
            "containers": .int(Int64(page.containers)),
            "totals": .array(page.totals.map { .object(Self.saving($0)) }),
            "recommendations": .array(page.items.map { .object(Output.advice($0, isComplete: false)) }),
        ]
        if input.withOwners {
            let owners = try await desk.store.costs.savingsByOwner(query, limit: Self.maximumOwners)
            answer["owners"] = .array(owners.map(Self.owner))
        }
        if !page.items.isEmpty {
            answer["nextCursor"] = OffsetCursor.next(after: query.offset + page.items.count, of: page.containers)
        }
        return .object(answer)
    }

    private static func saving(_ total: SavingTotal) -> JSONObject {
        [
            "source": .string(total.source), "containers": .int(total.containers),
            "monthlySaving": Output.amount(total.monthlySaving),
        ]
    }

    private static func owner(_ total: SavingTotal) -> JSONValue {
        var object = saving(total)
        object["ownerRef"] = total.ownerRef.map { $0.isEmpty ? .null : .string($0) } ?? .null
        return .object(object)
    }
}
