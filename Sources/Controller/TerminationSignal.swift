import Base
import Glibc

/// SIGTERM (Kubernetes) and SIGINT (Ctrl-C), delivered through a pipe: the handler may do no more than write a byte.
struct TerminationSignal {
    private let readEnd: Int32

    /// Takes the signals over from here on. One for a process.
    init() {
        var ends: [Int32] = [0, 0]
        // Fails only when the process has no file descriptors left, right at its start.
        precondition(pipe(&ends) == 0, "no pipe for signals: \(errnoText(errno))")
        readEnd = ends[0]
        signalPipe = ends[1]
        for number in [SIGTERM, SIGINT] {
            signal(number) { _ in
                var byte: UInt8 = 1
                _ = write(signalPipe, &byte, 1)
            }
        }
    }

    /// Waits for the first signal.
    func received() async {
        let descriptor = readEnd
        await withCheckedContinuation { continuation in
            startThread(name: "signals") {
                var byte: UInt8 = 0
                while read(descriptor, &byte, 1) < 0, errno == EINTR {}
                continuation.resume()
            }
        }
    }
}

// A signal handler can capture nothing, so the descriptor is global. Safe: it is written once, before the handlers that
// read it are installed, and reading an aligned 32-bit value is atomic.
nonisolated(unsafe) private var signalPipe: Int32 = -1
