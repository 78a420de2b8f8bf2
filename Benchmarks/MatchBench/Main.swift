import Base
import Glibc
import Matching

/// Measures the match index on a catalog and clusters of the size that Callboard is made for, and prints one line of JSON.
/// Times are those of the processor, so that other work on the machine does not count.
///
///     swift run -c release MatchBench [selectors] [workloads]
@main
struct MatchBench {
    static func main() {
        let numbers = CommandLine.arguments.dropFirst().compactMap { Int($0) }
        let (selectorCount, workloadCount) = (numbers.first ?? 20_000, numbers.dropFirst().first ?? 100_000)
        var scene = Scene(seed: 1)
        let workloads = (0..<workloadCount).map { _ in scene.workload() }
        let selectors = (0..<selectorCount).map { scene.selector($0) }

        var index = MatchIndex()
        let (selectorSeconds, _) = measured { for selector in selectors { _ = index.upsert(selector) } }
        let (matchSeconds, links) = measured {
            workloads.reduce(0) { $0 + (index.upsert($1).touched.values.first?.count ?? 0) }
        }
        let events = relabelled(workloads, &scene)
        let (eventSeconds, _) = measured { for event in events { _ = index.upsert(event) } }
        let unchanged = Array(events.prefix(100_000))
        let (unchangedSeconds, _) = measured { for event in unchanged { _ = index.upsert(event) } }
        let (naiveSeconds, mismatches) = compare(events.suffix(naiveSample), selectors, index)

        let result: JSONValue = [
            "selectors": .int(Int64(selectorCount)), "workloads": .int(Int64(workloadCount)),
            "links": .int(Int64(links)), "residualSelectors": .int(Int64(index.residualCount)),
            "selectorsIndexedSeconds": .double(selectorSeconds), "initialMatchSeconds": .double(matchSeconds),
            "labelChanges": .int(Int64(events.count)),
            "microsecondsPerLabelChange": .double(eventSeconds * 1e6 / Double(max(events.count, 1))),
            "microsecondsPerUnchangedEvent": .double(unchangedSeconds * 1e6 / Double(max(unchanged.count, 1))),
            "microsecondsPerEvent": .double(perEvent(eventSeconds, events.count, unchangedSeconds, unchanged.count)),
            "naiveMicrosecondsPerEvent": .double(naiveSeconds * 1e6 / Double(naiveSample)),
            "naiveSample": .int(Int64(naiveSample)), "mismatches": .int(Int64(mismatches)),
        ]
        print(result.text())
    }

    /// The naive way is thousands of times slower.
    private static let naiveSample = 200
    /// Of a hundred events of a workload (its status, its pods) one changes its labels.
    private static let labelChangeShare = 0.01

    private static func perEvent(_ changed: Double, _ changes: Int, _ unchanged: Double, _ others: Int) -> Double {
        let (change, other) = (changed / Double(max(changes, 1)), unchanged / Double(max(others, 1)))
        return (change * labelChangeShare + other * (1 - labelChangeShare)) * 1e6
    }

    /// Every second workload with another value of its most changing label.
    private static func relabelled(_ workloads: [Workload], _ scene: inout Scene) -> [Workload] {
        workloads.enumerated().compactMap { number, workload in
            guard number.isMultiple(of: 2) else { return nil }
            var changed = workload
            changed.labels = scene.relabelled(workload.labels)
            changed.templateLabels = changed.labels
            return changed
        }
    }

    /// Tests every selector on each workload and compares with what the index has.
    private static func compare(
        _ sample: ArraySlice<Workload>, _ selectors: [EntitySelector], _ index: MatchIndex
    ) -> (seconds: Double, mismatches: Int) {
        measured {
            sample.count { workload in
                let expected = selectors.lazy.filter { selector in
                    !selector.matches(
                        workload.key, labels: workload.labels, templateLabels: workload.templateLabels
                    ).isEmpty
                }.map(\.entityRef).sorted()
                return expected != index.links(of: workload.key).map(\.entityRef)
            }
        }
    }

    private static func measured<Value>(_ body: () -> Value) -> (seconds: Double, Value) {
        let start = processorSeconds()
        let value = body()
        return (processorSeconds() - start, value)
    }

    private static func processorSeconds() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}
