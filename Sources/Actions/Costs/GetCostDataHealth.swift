internal import Base
internal import Costs
internal import Store

/// How well the costs are known.
struct GetCostDataHealth: Action {
    let desk: CostDesk

    struct Input: Sendable {
        let window: String
    }

    private static let window = "7d"
    /// Hours are kept for some weeks; gaps are looked for in these days.
    private static let maximumGapDays: Int64 = 14
    private static let maximumGaps = 50

    static let definition = ActionDefinition(
        plugin: "callboard", name: "get-cost-data-health", title: "Get how well costs are known",
        description: """
            Tells how far the figures can be trusted: for each cluster and source up to when costs are recorded, when the \
            source was last asked and what went wrong, rows that could not be joined or read, hours without records (gaps), \
            what different sources say of the same days side by side and how far they disagree, and how nodes are priced. \
            Ask it before explaining a surprising number.
            """,
        attributes: .readOnly, permissions: [.readCosts],
        input: Schema.object(["window": CostWindowArgument.schema(window)]),
        output: Schema.complete([
            "asOf": Schema.string("When this was answered, RFC 3339."), "window": CostDesk.windowSchema,
            "currency": Schema.string("ISO 4217 code of the amounts."),
            "sources": Schema.list(
                Schema.complete([
                    "source": Schema.string("Its name."), "cluster": Schema.string("Of which it speaks."),
                    "isPrimary": Schema.flag("Whether it counts for the cluster where no source is named."),
                    "dataThrough": Schema.orNull(Schema.string("Up to when it is recorded; null: nothing yet.")),
                    "askedAt": Schema.orNull(Schema.string("When it was last asked; null: it is not asked.")),
                    "error": Schema.orNull(Schema.text("Why it did not answer then; null: it did.")),
                    "unmatched": Schema.count("Rows of its last answer without a workload."),
                    "malformed": Schema.count("Rows of it that could not be read."),
                ]), "Each source of each cluster."),
            "gaps": Schema.list(
                Schema.complete([
                    "source": Schema.string("Whose."), "cluster": Schema.string("Where."),
                    "from": Schema.string("Start, RFC 3339."), "to": Schema.string("End, not included, RFC 3339."),
                ]), "Hours without a record in the last \(maximumGapDays) days of the window; at most \(maximumGaps)."),
            "disagreements": Schema.list(
                Schema.complete([
                    "cluster": Schema.string("Of which several sources speak."),
                    "source": Schema.string("One of them."),
                    "days": Schema.count("Days of the window that they have in common."),
                    "cost": Schema.number("What it says that workloads cost on those days."),
                    "differenceToFirst": Schema.orNull(
                        Schema.number("As a share of what the first source says; null without a cost there.")),
                ]), "The word of each source side by side."),
            "prices": Schema.list(
                Schema.complete([
                    "cluster": Schema.string("Its name."),
                    "quality": Schema.string("How the price is known, override best, price-list last."),
                    "nodes": Schema.count("Nodes that are priced so."),
                ]), "How nodes are priced now."),
            "nodePrices": Schema.list(
                Schema.complete([
                    "cluster": Schema.string("Whose nodes have prices from OpenCost's metrics."),
                    "asOf": Schema.orNull(Schema.string("When these came last, RFC 3339; null: never.")),
                    "nodes": Schema.count("Nodes of the last answer."),
                    "outdated": Schema.count("Nodes that keep a price which was not told in the last two hours."),
                    "error": Schema.orNull(Schema.text("What was wrong with the last answer; null: nothing.")),
                ]), "How the prices that OpenCost exports fare."),
        ]))

    static func input(_ arguments: JSONObject) throws(ActionError) -> Input {
        Input(window: arguments["window"]?.stringValue ?? window)
    }

    func run(_ input: Input, for caller: Caller) async throws -> JSONValue {
        let window = try CostWindowArgument(input.window, now: desk.now()).window
        let recent = max(window.lowerBound, window.upperBound.adding(seconds: -Self.maximumGapDays * 86_400))
        let costs = desk.store.costs
        let gaps = try await costs.gaps(CostWindow(recent..<window.upperBound))
        return [
            "asOf": Output.time(desk.now()), "window": CostDesk.window(window), "currency": .string(desk.currency),
            "sources": .array(try await costs.freshness().map(Self.source)),
            "gaps": .array(gaps.prefix(Self.maximumGaps).map(Self.gap)),
            "disagreements": .array(Self.disagreements(try await costs.sourceWords(window))),
            "prices": .array(
                try await costs.priceUses().map {
                    ["cluster": .string($0.cluster), "quality": .string($0.quality), "nodes": .int($0.nodes)]
                }),
            "nodePrices": .array(try await costs.nodePriceStates(now: desk.now()).map(Self.nodePrices)),
        ]
    }

    private static func source(_ one: CostFreshness) -> JSONValue {
        [
            "source": .string(one.source.name), "cluster": .string(one.cluster), "isPrimary": .bool(one.isPrimary),
            "dataThrough": Output.time(one.through), "askedAt": Output.time(one.askedAt),
            "error": Output.text(one.error), "unmatched": .int(one.unmatched), "malformed": .int(one.malformed),
        ]
    }

    private static func nodePrices(_ state: NodePriceState) -> JSONValue {
        [
            "cluster": .string(state.cluster), "asOf": Output.time(state.toldAt), "nodes": .int(state.nodes),
            "outdated": .int(state.outdated), "error": Output.text(state.error),
        ]
    }

    private static func gap(_ gap: CostGap) -> JSONValue {
        [
            "source": .string(gap.source.name), "cluster": .string(gap.cluster), "from": Output.time(gap.from),
            "to": Output.time(gap.to),
        ]
    }

    private static func disagreements(_ words: [SourceWord]) -> [JSONValue] {
        words.map { word in
            let first = words.first { $0.cluster == word.cluster } ?? word
            return [
                "cluster": .string(word.cluster), "source": .string(word.source), "days": .int(word.days),
                "cost": Output.amount(word.cost),
                "differenceToFirst": Output.share(word.cost - first.cost, of: first.cost),
            ]
        }
    }
}
