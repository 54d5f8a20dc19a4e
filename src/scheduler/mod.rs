//! What is ready, who takes it, who sleeps: the queues and the rules, without the threads that use them.

pub mod admission;
pub mod deque;
pub mod grant;
pub mod inbox;
pub mod priority;
pub mod queues;
pub mod seat;
pub mod shape_queue;
pub mod shapes;
pub mod sleep;
