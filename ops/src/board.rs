//! The live board of a running engine in a terminal: books, orders, position, P&L, latency.
//!
//! It looks through windows alone. Whatever happens, it leaves the terminal as it found it.

use std::time::Duration;

use anyhow::Context;
use ratatui::DefaultTerminal;
use ratatui::Frame;
use ratatui::crossterm::event::{self, Event, KeyCode, KeyModifiers};
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Color, Style, Stylize};
use ratatui::text::Line;
use ratatui::widgets::{Block, Cell, Paragraph, Row, Table};

use fulmar_bus::record::{Level, Side};

use crate::live::{Latency, LatencyReport, LiveEngine, Show, Watch, text_of};
use crate::window::Picture;

/// Looks between two drawings: a board is for the eye.
const LOOKS_PER_DRAWING: u32 = 5;
/// Levels a side that a ladder shows.
const LADDER_LEVELS: usize = 8;

/// A board in this terminal.
pub struct Board {
    terminal: DefaultTerminal,
    looks: u32,
}

impl Board {
    /// True where a terminal of this name, as `TERM` gives it, does as a board tells it. A dumb one shows the codes.
    pub fn can_be_drawn_on(terminal: Option<&str>) -> bool {
        terminal.is_some_and(|name| !name.is_empty() && name != "dumb")
    }

    /// Takes the terminal.
    ///
    /// # Errors
    /// What the terminal says.
    pub fn open() -> anyhow::Result<Self> {
        let terminal = ratatui::try_init().context("cannot take the terminal")?;
        Ok(Board { terminal, looks: 0 })
    }
}

impl Drop for Board {
    fn drop(&mut self) {
        ratatui::restore();
    }
}

impl Show for Board {
    fn show(&mut self, engine: &mut LiveEngine, watch: &Watch) -> bool {
        self.looks += 1;
        if self.looks.is_multiple_of(LOOKS_PER_DRAWING) {
            let latency = LatencyReport::from(&engine.latencies());
            let scene = Scene { engine, watch, latency };
            // A terminal that cannot be drawn on for a moment is drawn on again soon.
            let _ = self.terminal.draw(|frame| scene.draw(frame));
        }
        wants_to_leave()
    }
}

/// True where `q`, Escape or Ctrl-C was pressed; a raw terminal sends no signal for the latter.
fn wants_to_leave() -> bool {
    while event::poll(Duration::ZERO).unwrap_or(false) {
        if let Ok(Event::Key(key)) = event::read() {
            let is_interrupt =
                key.code == KeyCode::Char('c') && key.modifiers.contains(KeyModifiers::CONTROL);
            if is_interrupt || matches!(key.code, KeyCode::Char('q') | KeyCode::Esc) {
                return true;
            }
        }
    }
    false
}

/// What is drawn at one time.
struct Scene<'a> {
    engine: &'a LiveEngine,
    watch: &'a Watch,
    latency: LatencyReport,
}

impl Scene<'_> {
    fn draw(&self, frame: &mut Frame<'_>) {
        let [head, body, foot] =
            Layout::vertical([Constraint::Length(1), Constraint::Min(8), Constraint::Length(1)])
                .areas(frame.area());
        let title = format!(
            " PAPER  {}  {} records ",
            self.engine.configuration.engine.name,
            self.engine.record_count()
        );
        frame.render_widget(
            Paragraph::new(title).style(Style::new().fg(Color::Black).bg(Color::Yellow)),
            head,
        );
        frame.render_widget(Paragraph::new(" q leaves; orders are canceled first").dim(), foot);
        let [left, right] =
            Layout::horizontal([Constraint::Percentage(45), Constraint::Percentage(55)]).areas(body);
        let [orders, latency] = Layout::vertical([Constraint::Length(9), Constraint::Min(8)]).areas(right);
        self.draw_book(frame, left);
        self.draw_orders(frame, orders);
        self.draw_latency(frame, latency);
    }

    fn draw_book(&self, frame: &mut Frame<'_>, area: Rect) {
        let Some(picture) = self.watch.pictures.first() else { return };
        let block = Block::bordered().title(format!(" {} {} ", picture.symbol, picture.state()));
        let mut rows: Vec<Row<'_>> = Vec::new();
        let asks: Vec<Level> = picture.replica.book().levels(Side::Sell).take(LADDER_LEVELS).collect();
        rows.extend(asks.into_iter().rev().map(|level| ladder_row(picture, level, Color::Red)));
        rows.extend(
            picture
                .replica
                .book()
                .levels(Side::Buy)
                .take(LADDER_LEVELS)
                .map(|level| ladder_row(picture, level, Color::Green)),
        );
        let table = Table::new(rows, [Constraint::Percentage(50), Constraint::Percentage(50)]).block(block);
        frame.render_widget(table, area);
    }

    fn draw_orders(&self, frame: &mut Frame<'_>, area: Rect) {
        let counts = self.watch.orders.counts();
        let (buy, sell) = self.watch.orders.fills();
        let (position, pnl) = match self.engine.traded().map(|traded| self.watch.standing(traded)) {
            Some(standing) => (standing.position.clone(), standing.pnl_text()),
            None => ("none".to_owned(), "none".to_owned()),
        };
        let lines = vec![
            Line::from(format!("position   {position}")).bold(),
            Line::from(format!("P&L        {pnl}")).bold(),
            Line::from(format!(
                "orders     {} submitted, {} open",
                counts.submitted,
                self.watch.orders.open_count()
            )),
            Line::from(format!(
                "           {} accepted, {} filled, {} canceled",
                counts.accepted, counts.filled, counts.canceled
            )),
            Line::from(format!(
                "           {} denied, {} rejected, {} unknown",
                counts.denied, counts.rejected, counts.unknown
            )),
            Line::from(format!("fills      {buy} bought, {sell} sold")),
        ];
        frame.render_widget(Paragraph::new(lines).block(Block::bordered().title(" orders ")), area);
    }

    fn draw_latency(&self, frame: &mut Frame<'_>, area: Rect) {
        let rows = self.latency.rows().map(|(name, latency)| latency_row(name, latency));
        let widths = [16, 9, 9, 9, 10].map(Constraint::Length);
        let head = Row::new(["ns", "count", "p50", "p99", "max"]).style(Style::new().bold());
        let table = Table::new(rows, widths).header(head).block(Block::bordered().title(" latency "));
        frame.render_widget(table, area);
    }
}

fn ladder_row(picture: &Picture, level: Level, color: Color) -> Row<'static> {
    let price = Line::from(picture.price_text(level.price)).right_aligned().style(Style::new().fg(color));
    let quantity = Line::from(picture.quantity_text(level.quantity)).right_aligned();
    Row::new([Cell::from(price), Cell::from(quantity)])
}

fn latency_row(name: &str, latency: &Latency) -> Row<'static> {
    let [p50, p99, max] = [latency.p50, latency.p99, latency.max].map(text_of);
    Row::new([name.to_owned(), latency.count.to_string(), p50, p99, max])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dumb_terminal_and_one_without_a_name_get_no_board() {
        assert!(Board::can_be_drawn_on(Some("xterm-256color")));
        for plain in [Some("dumb"), Some(""), None] {
            assert!(!Board::can_be_drawn_on(plain), "{plain:?}");
        }
    }
}
