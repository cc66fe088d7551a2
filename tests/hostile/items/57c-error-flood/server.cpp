// Templates that make errors without end.
template <int N, class T> struct Flood {
    typename Flood<N - 1, Flood<N, T>>::nothing a;
    typename Flood<N - 1, Flood<N, Flood<N, T>>>::nothing b;
};
template <class T> struct Flood<0, T> {};
Flood<200, int> flood;
int main() {}
