/* A network 2 -> 50 tanh -> 2, forward and backward, y = V tanh(W x + b) + c.
 *
 * Weights are held by columns, so that every loop runs over the hidden layer: W's two columns, b, V's two rows, each
 * padded with zeros from 50 to 56 entries, then c. The forward pass leaves tanh(..) in `hidden`; the pullback reads
 * it, overwrites the cotangent of x and adds to the cotangent of the weights, which has the layout of the weights. */
#include <math.h>

#define HIDDEN 56

typedef struct {
    double w0[HIDDEN], w1[HIDDEN], b[HIDDEN], v0[HIDDEN], v1[HIDDEN], c[2];
} weights;

void network_forward(const weights *restrict p, const double *restrict x, double *restrict hidden, double *restrict y) {
    double y0 = 0, y1 = 0;
    for (int i = 0; i < HIDDEN; i++) hidden[i] = tanh(p->w0[i] * x[0] + p->w1[i] * x[1] + p->b[i]);
    for (int i = 0; i < HIDDEN; i++) {
        y0 += p->v0[i] * hidden[i];
        y1 += p->v1[i] * hidden[i];
    }
    y[0] = y0 + p->c[0];
    y[1] = y1 + p->c[1];
}

void network_pullback(const weights *restrict p, const double *restrict x, const double *restrict hidden,
                      const double *restrict y_bar, double *restrict x_bar, weights *restrict p_bar) {
    double a0 = 0, a1 = 0;
    for (int i = 0; i < HIDDEN; i++) {
        p_bar->v0[i] += y_bar[0] * hidden[i];
        p_bar->v1[i] += y_bar[1] * hidden[i];
        double s = (p->v0[i] * y_bar[0] + p->v1[i] * y_bar[1]) * (1 - hidden[i] * hidden[i]);
        p_bar->w0[i] += s * x[0];
        p_bar->w1[i] += s * x[1];
        p_bar->b[i] += s;
        a0 += p->w0[i] * s;
        a1 += p->w1[i] * s;
    }
    p_bar->c[0] += y_bar[0];
    p_bar->c[1] += y_bar[1];
    x_bar[0] = a0;
    x_bar[1] = a1;
}
