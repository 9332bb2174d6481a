//! What becomes of orders: approval, life, position.
