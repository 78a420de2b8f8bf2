import Base
import Synchronization
import Testing

@Suite("Metrics")
struct MetricsTests {
    @Test("families are written in the text format, sorted by name and labels")
    func exposition() {
        let registry = MetricsRegistry()
        registry.gauge("b_gauge", help: "A gauge.").set(1.5)
        let counter = registry.counter("a_total", help: "A counter.", labels: ["x", "y"])
        counter.increment(["2", "b"])
        counter.increment(by: 2, ["1", "c"])
        counter.increment(by: 0.5, ["1", "c"])
        #expect(
            registry.exposition() == """
                # HELP a_total A counter.
                # TYPE a_total counter
                a_total{x="1",y="c"} 2.5
                a_total{x="2",y="b"} 1
                # HELP b_gauge A gauge.
                # TYPE b_gauge gauge
                b_gauge 1.5

                """)
    }

    @Test("buckets count everything up to their bound, the bound included")
    func histogram() {
        let registry = MetricsRegistry()
        let histogram = registry.histogram("h", help: "H.", labels: ["r"], buckets: [0.1, 1])
        for value in [0.05, 0.1, 0.5, 1, 3] { histogram.observe(value, ["x"]) }
        #expect(
            registry.exposition() == """
                # HELP h H.
                # TYPE h histogram
                h_bucket{r="x",le="0.1"} 2
                h_bucket{r="x",le="1"} 4
                h_bucket{r="x",le="+Inf"} 5
                h_sum{r="x"} 4.65
                h_count{r="x"} 5

                """)
    }

    @Test("a series without labels exists before its first value, one with labels does not")
    func firstValue() {
        let registry = MetricsRegistry()
        _ = registry.counter("a_total", help: "A.")
        _ = registry.counter("b_total", help: "B.", labels: ["x"])
        #expect(registry.exposition().contains("\na_total 0\n"))
        #expect(!registry.exposition().contains("\nb_total"))
    }

    @Test(
        "label values are escaped, and nothing ends the line",
        arguments: [
            (#"a\b"#, #"a\\b"#), (#"a"b"#, #"a\"b"#), ("a\nb", #"a\nb"#), ("a\r\nb", "a\r\\nb"), ("é 😀", "é 😀"),
            ("", ""),
        ])
    func escapes(value: String, expected: String) {
        let registry = MetricsRegistry()
        registry.counter("a_total", help: "A.", labels: ["x"]).increment([value])
        #expect(
            Array(registry.exposition().utf8)
                == Array("# HELP a_total A.\n# TYPE a_total counter\na_total{x=\"\(expected)\"} 1\n".utf8))
    }

    @Test(
        "numbers are written as Prometheus reads them",
        arguments: [
            (0, "0"), (-3, "-3"), (1e15, "1000000000000000"), (0.1, "0.1"), (1e300, "1e+300"), (.nan, "NaN"),
            (.infinity, "+Inf"),
            (-.infinity, "-Inf"),
        ] as [(Double, String)])
    func numbers(value: Double, expected: String) {
        let registry = MetricsRegistry()
        registry.gauge("g", help: "G.").set(value)
        #expect(registry.exposition().hasSuffix("\ng \(expected)\n"))
    }

    @Test("a gauge's series that is removed is exposed no longer, the others are, and a new value brings it back")
    func removal() {
        let registry = MetricsRegistry()
        let gauge = registry.gauge("g", help: "G.", labels: ["x"])
        gauge.set(1, ["a"])
        gauge.set(2, ["b"])
        gauge.remove(["a"])
        gauge.remove(["never there"])
        #expect(registry.exposition().hasSuffix("# TYPE g gauge\ng{x=\"b\"} 2\n"))
        gauge.add(3, ["a"])
        #expect(registry.exposition().hasSuffix("\ng{x=\"a\"} 3\ng{x=\"b\"} 2\n"))
    }

    @Test("what brings values up to date is called before each exposition until it says that it has ended")
    func preparation() {
        let registry = MetricsRegistry()
        let counter = registry.counter("calls_total", help: "C.")
        let left = Mutex(3)
        registry.beforeExposition {
            counter.increment()
            return left.withLock { left in
                left -= 1
                return left > 0
            }
        }
        for calls in [1, 2, 3, 3, 3] { #expect(registry.exposition().hasSuffix("calls_total \(calls)\n")) }
    }

    @Test("what comes while two expositions end another is called by the next one")
    func preparationMeanwhile() {
        let registry = MetricsRegistry()
        let gauge = registry.gauge("late", help: "L.")
        let calls = Mutex(0)
        registry.beforeExposition {
            let isFirst = calls.withLock { calls in
                calls += 1
                return calls == 1
            }
            if isFirst {
                registry.beforeExposition {
                    gauge.add(1)
                    return true
                }
                _ = registry.exposition()
            }
            return false
        }
        _ = registry.exposition()
        #expect(registry.exposition().hasSuffix("late 2\n"))
        #expect(calls.withLock { $0 } == 2)
    }

    @Test("asking again for a name gives the same series, from any thread")
    func shared() async {
        let registry = MetricsRegistry()
        await withTaskGroup { group in
            for _ in 0..<8 {
                group.addTask {
                    for number in 0..<500 {
                        registry.counter("a_total", help: "A.", labels: ["x"]).increment(["\(number % 2)"])
                    }
                }
            }
        }
        #expect(registry.exposition().hasSuffix("a_total{x=\"0\"} 2000\na_total{x=\"1\"} 2000\n"))
    }
}
