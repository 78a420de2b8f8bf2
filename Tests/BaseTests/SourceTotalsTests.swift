import Base
import Testing

@Suite("Totals of sources")
struct SourceTotalsTests {
    private let registry = MetricsRegistry()

    private func counter() -> Counter { registry.counter("a_total", help: "A.", labels: ["x"]) }

    private func value(_ label: String) -> Substring? {
        registry.exposition().split(separator: "\n").first { $0.hasPrefix("a_total{x=\"\(label)\"} ") }?
            .split(separator: " ").last
    }

    @Test("a counter goes on where a source begins anew")
    func succession() {
        let first = SourceTotals()
        first.report(0, to: counter(), ["l"])
        #expect(value("l") == "0")
        first.report(7, to: counter(), ["l"])
        first.report(7, to: counter(), ["l"])
        first.report(9, to: counter(), ["l"])
        #expect(value("l") == "9")
        let second = SourceTotals()
        second.report(2, to: counter(), ["l"])
        #expect(value("l") == "11")
        // The first one is followed again: only what it counted meanwhile is new.
        first.report(10, to: counter(), ["l"])
        #expect(value("l") == "12")
    }

    @Test("series and counters of one source are kept apart")
    func series() {
        let totals = SourceTotals()
        totals.report(5, to: counter(), ["l"])
        totals.report(3, to: counter(), ["m"])
        totals.report(4, to: registry.counter("b_total", help: "B.", labels: ["x"]), ["l"])
        #expect(value("l") == "5" && value("m") == "3")
        #expect(registry.exposition().contains("\nb_total{x=\"l\"} 4\n"))
    }

    @Test("a report that is overtaken by a later one changes nothing")
    func overtaken() {
        let totals = SourceTotals()
        totals.report(12, to: counter(), ["l"])
        totals.report(10, to: counter(), ["l"])
        totals.report(13, to: counter(), ["l"])
        #expect(value("l") == "13")
    }

    @Test("reports from several threads count everything once")
    func threads() async {
        let totals = SourceTotals()
        let counter = counter()
        await withTaskGroup { group in
            for _ in 0..<8 {
                group.addTask { for total in 1...500 { totals.report(Double(total), to: counter, ["l"]) } }
            }
        }
        #expect(value("l") == "500")
    }
}
