import Costs
import Testing

struct PriceListTests {
    private let prices = PriceList.openCostDefault

    @Test("the defaults are OpenCost's")
    func defaults() {
        #expect(prices.currency == "USD")
        #expect(prices.perCoreHour.description == "0.031611000")
        #expect(prices.perGiBHour.description == "0.004237000")
    }

    @Test("a core and a GiB for an hour cost their price")
    func unit() {
        let rate = prices.hourlyRate(of: RequestedCapacity(cpuMillicores: 1_000, memoryBytes: 1 << 30))
        #expect(rate == ResourceCost(cpu: prices.perCoreHour, memory: prices.perGiBHour))
        #expect(rate.total.description == "0.035848000")
    }

    @Test("oracle C4: 0.8 core and 2 GiB for a day")
    func day() {
        let capacity = RequestedCapacity(cpuMillicores: 800, memoryBytes: 2 << 30)
        let cost = prices.cost(of: capacity.held(forSeconds: 24 * 3_600))
        #expect(cost.cpu.description == "0.606931200")
        #expect(cost.memory.description == "0.203376000")
        #expect(cost.total.description == "0.810307200")
    }

    @Test("oracle C1: a node priced by its split costs what the node costs, to the rounding of the prices")
    func node() throws {
        let split = PriceList(
            currency: "USD", perCoreHour: try #require(Money(decimal: "0.032549064")),
            perGiBHour: try #require(Money(decimal: "0.004362734")))
        let cost = split.hourlyRate(of: RequestedCapacity(cpuMillicores: 4_000, memoryBytes: 16 << 30)).total
        #expect(abs(cost.nanoDollars - 200_000_000) <= 10)
    }

    @Test("oracle C16: ten millicores for an hour keep their value, and so do 24 of them")
    func small() {
        let rate = prices.hourlyRate(of: RequestedCapacity(cpuMillicores: 10, memoryBytes: 0))
        #expect(rate.total.description == "0.000316110")
        #expect((0..<24).reduce(ResourceCost.zero) { sum, _ in sum + rate }.total.description == "0.007586640")
    }

    @Test("oracle C17: what three replicas save in a month")
    func month() {
        let saved = RequestedCapacity(cpuMillicores: 3 * (1_000 - 180), memoryBytes: 3 * (1_024 - 357) << 20)
        let cost = prices.monthlyRunRate(of: saved)
        #expect(cost.cpu.description == "56.767033800")
        #expect(cost.memory.nanoDollars == 6_044_055_674)  // 2001/1024 × 0.004237 × 730 = 6.0440556738…
        #expect(abs(cost.total.dollars - 62.81108947) < 1e-8)
    }

    @Test("nothing costs nothing, and what does not fit costs the most that can be said")
    func extremes() {
        #expect(prices.hourlyRate(of: .zero) == .zero)
        let everything = RequestedCapacity(cpuMillicores: .max, memoryBytes: .max)
        #expect(prices.monthlyRunRate(of: everything).total.nanoDollars == .max)
        #expect(CapacityTime(millicoreSeconds: 1_800_000, byteSeconds: 3_600 << 29).coreHours == 0.5)
        #expect(CapacityTime(millicoreSeconds: 1_800_000, byteSeconds: 3_600 << 29).gibibyteHours == 0.5)
    }
}
