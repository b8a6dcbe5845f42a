import Engine
import Fleet
import Probe
import Store

/// Nodes that answer from memory. At each hour one in a hundred has a card on another driver, and one in 720 has another boot
/// than before: once a month each.
struct DriftingFleet {
    let names: [NodeName]
    let time: any TimeSource
    let opener: BenchFleet

    /// - Parameter away: how long each takes to answer.
    init(template: AnswerTemplate, count: Int, time: any TimeSource, away: Duration = .zero) throws {
        let names = BenchPlan.names(count)
        let reader = AnswerReader()
        self.names = names
        self.time = time
        let nodes = Dictionary(
            names.enumerated().map { index, name in
                let node = BenchNode(name, time) {
                    if away > .zero { try? await time.sleep(for: away) }
                    let hour = Int(time.now().milliseconds / 3_600_000)
                    let boot =
                        "00000000-0000-4000-8000-"
                        + String(String(1_000_000_000_000 + (hour + index) / 720).dropFirst())
                    let answer = template.answer(of: name, boot: boot)
                    let isDrifted = (hour &+ index &* 37) % 100 == 0
                    return Observation(
                        ProbeAnswer(isDrifted ? AnswerTemplate.drifted(answer) : answer), reading: reader)
                }
                return (name, node)
            }, uniquingKeysWith: { first, _ in first })
        opener = BenchFleet(nodes: nodes)
    }
}
