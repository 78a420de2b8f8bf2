/// Decides which requests are under way for whom: those who ask for the same thing share one flight, a lane has at most
/// so many flights at a time and the others wait in line, and a flight that nobody waits for any more is given up.
/// Pure: the caller performs the returned actions.
struct FlightPlan<Key: Hashable, Lane: Hashable> {
    typealias Flight = Int
    typealias Waiter = Int

    enum Action: Equatable {
        /// Begin; tell by `finish` when it is over, however it ended.
        case start(Flight, Key)
        /// Nobody waits any more. `finish` is still to be told.
        case cancel(Flight)
    }

    /// A flight goes `waiting` → `flying` → gone. Without waiters it is gone at once while `waiting`, and `abandoned`
    /// while `flying`: it keeps its place in the lane until it is over, but takes nobody on.
    private struct State {
        let key: Key
        let lane: Lane
        var waiters: Set<Waiter>
        var isFlying = false
    }

    private struct LaneState {
        var flying = 0
        var line: [Flight] = []
    }

    private let width: Int
    private var flights: [Flight: State] = [:]
    private var joinable: [Key: Flight] = [:]
    private var flightOfWaiter: [Waiter: Flight] = [:]
    private var lanes: [Lane: LaneState] = [:]
    private var lastFlight = 0

    /// - Parameter width: how many flights a lane has at a time.
    init(width: Int) { self.width = width }

    /// Whether nothing is under way or waiting.
    var isEmpty: Bool { flights.isEmpty && flightOfWaiter.isEmpty && lanes.isEmpty }

    /// Somebody asks.
    ///
    /// - Returns: whether a flight for the same is joined, and what to do.
    mutating func join(_ waiter: Waiter, _ key: Key, lane: Lane) -> (isShared: Bool, actions: [Action]) {
        if let flight = joinable[key] {
            flights[flight]?.waiters.insert(waiter)
            flightOfWaiter[waiter] = flight
            return (true, [])
        }
        lastFlight += 1
        flights[lastFlight] = State(key: key, lane: lane, waiters: [waiter])
        joinable[key] = lastFlight
        flightOfWaiter[waiter] = lastFlight
        lanes[lane, default: LaneState()].line.append(lastFlight)
        return (false, startNext(in: lane))
    }

    /// Somebody does not wait any more. Who is not waiting is passed over.
    mutating func leave(_ waiter: Waiter) -> [Action] {
        guard let flight = flightOfWaiter.removeValue(forKey: waiter), var state = flights[flight] else { return [] }
        state.waiters.remove(waiter)
        flights[flight] = state
        guard state.waiters.isEmpty else { return [] }
        joinable[state.key] = nil
        if state.isFlying { return [.cancel(flight)] }
        flights[flight] = nil
        lanes[state.lane]?.line.removeAll { $0 == flight }
        dropIfIdle(state.lane)
        return []
    }

    /// A flight is over.
    ///
    /// - Returns: who waits for it; empty when it had been given up.
    mutating func finish(_ flight: Flight) -> (waiters: Set<Waiter>, actions: [Action]) {
        guard let state = flights.removeValue(forKey: flight), state.isFlying else { return ([], []) }
        for waiter in state.waiters { flightOfWaiter[waiter] = nil }
        if joinable[state.key] == flight { joinable[state.key] = nil }
        lanes[state.lane]?.flying -= 1
        let actions = startNext(in: state.lane)
        dropIfIdle(state.lane)
        return (state.waiters, actions)
    }

    private mutating func startNext(in lane: Lane) -> [Action] {
        guard var state = lanes[lane] else { return [] }
        var actions: [Action] = []
        while state.flying < width, !state.line.isEmpty {
            let flight = state.line.removeFirst()
            guard let key = flights[flight]?.key else { continue }
            flights[flight]?.isFlying = true
            state.flying += 1
            actions.append(.start(flight, key))
        }
        lanes[lane] = state
        return actions
    }

    private mutating func dropIfIdle(_ lane: Lane) {
        if let state = lanes[lane], state.flying == 0, state.line.isEmpty { lanes[lane] = nil }
    }
}
