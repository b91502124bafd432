"""Continual STGAT: a causal network that answers on every frame from what it remembers of the ones before.

It has the parameters of STGAT (stgat.model), name by name, and two evaluations that agree: of whole clips,
for training (`network.CausalSTGAT`), and one frame at a time (`stepping.Stepper`). The idea is that of
continual inference networks (Hedegaard, Heidari and Iosifidis, "Continual Spatio-Temporal Graph Convolutional
Networks", arXiv 2203.11009); STGAT's attention, which averages over the clip, is what had to be defined anew.

Letters are those of stgat.model; t = 0, 1, ... counts the frames of a layer's own input since the stream
began, and whatever is asked of a frame before 0 is zero. L and P are config.causal.memory and answer_over.
A layer behind strides of product R has L' = ceil(L / R) for L, and P' likewise.

Stem      The four differences look back only: d_j[t] = x[t] - x[t - j] for j = 1, 2, 3, 4, zero where t < j.
Window    Frame t attends to t-2, t-1 and t, not to t-1, t and t+1: U_t = [y_{t-2}, y_{t-1}, y_t], so row
          u = w * V + v' is joint v' of frame t + w - 2.
Scores    The mean over the last frames, as many as there are: with n = min(t + 1, L'),
          e_t[s,u,v] = 1 / (I n) sum over tau = t-n+1 .. t and i of q[s,i,tau+(u div V)-2,v'] k[s,i,tau,v],
          where q of a frame before 0 is conv_q's bias. Each frame has a table of its own, which is why whole
          clips cost more to train on than the windowed network.
Weights   The same mean: g_t[w] = sigmoid(mean over tau and the head's channels of
          conv_d(mean_v(y_tau A^)) - mean_v(y_{tau+w-2})).
Attention A_t = softmax_v(e_t in scope) * g_t[u div V] + B, and z_t = U_t A_t.
Temporal  c_t = conv 7x1 of b_{t-6} .. b_t, so padded at the left alone. A layer of stride r computes it, and
          gives its frame, at t = r-1, 2r-1, ...: at the last of each r frames, T frames give floor(T / r).
Answer    The classifier of the mean of the last min(t + 1, P') maps of the last block; between two frames of
          that block the answer is the last one. The first comes after R frames.

A stream may begin anywhere: means are over what has been, nothing is padded but by the zero frames above, and
nothing depends on how long the stream has been going on once it is longer than what is remembered.
"""
