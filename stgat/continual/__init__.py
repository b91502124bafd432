"""Continual STGAT: a causal network that answers on every frame from what it remembers of the ones before.

It has the parameters of STGAT (stgat.model), name by name, and two evaluations that agree: of whole clips,
for training (`network.CausalSTGAT`), and one frame at a time (`stepping.Stepper`). The idea is that of
continual inference networks (Hedegaard, Heidari and Iosifidis, "Continual Spatio-Temporal Graph Convolutional
Networks", arXiv 2203.11009); STGAT's attention, which averages over the clip, is what had to be defined anew.

Letters are those of stgat.model. t = 0, 1, ... counts the frames of a layer's own input since the stream
began; what is asked of a frame before 0 is zero. L, H and P are config.causal's memory, refresh and
answer_over, in frames of the network's input. Behind strides of product R a layer has
H' = max(1, floor(H / R)), L' = L / R rounded up to whole H', and P' = ceil(P / R) (`network.paces`).

Stem      The four differences look back only: d_j[t] = x[t] - x[t - j] for j = 1, 2, 3, 4, zero where t < j.
Window    Frame t attends to t-2, t-1 and t, not to t-1, t and t+1: U_t = [y_{t-2}, y_{t-1}, y_t], so row
          u = w * V + v' is joint v' of frame t + w - 2.
Attention It is made anew at t = 0, H', 2H', ... and holds until the next time: of the last L' frames, or as
          many as there are, n = min(t + 1, L'). Over tau = t-n+1 .. t,
          e_t[s,u,v] = 1 / (I n) sum over tau and i of q[s,i,tau+(u div V)-2,v'] k[s,i,tau,v],
          g_t[s,w] = sigmoid(mean over tau and the head's channels of
                             conv_d(mean_v(y_tau A^)) - mean_v(y_{tau+w-2})),
          A_t = softmax_v(e_t in scope) * g_t[s, u div V] + B,
          where q of a frame before 0 is conv_q's bias. z_t = U_t A with the newest A.
Temporal  c_t = conv 7x1 of b_{t-6} .. b_t: padded at the left alone. A layer of stride r computes it, and
          gives its frame, at t = r-1, 2r-1, ..., the last of each r frames: T frames give floor(T / r).
Answer    The classifier of the mean of the last min(t + 1, P') maps of the last block; between two frames of
          that block the answer is the last one. The first comes after R frames.

Why H: what is remembered for seconds changes little from frame to frame, and a table for every frame makes
training several times dearer than that of the windowed network.

A stream may begin anywhere: means are over what has been, and nothing is padded but by the zero frames above.
"""
